"""The tests: a folder for each way to run the code; ``*.tftest.hcl`` are Terraform's own."""
