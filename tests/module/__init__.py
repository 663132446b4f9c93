"""The Terraform module: plans, rendered machines, policies, the package and the documents."""
