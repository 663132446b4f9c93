"""What ``make`` calls, and the demo and the tests share: Terraform, child processes, tables; nothing is deployed."""
