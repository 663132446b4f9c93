"""The deployment that tests, proofs and benches run the functions of."""

BUCKET = "docs-000000000000-eu-central-1"
TABLE = "docs-ledger"
MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:docs-documents"
ENVIRONMENT = {
    "SFN_CALLBACK_BUCKET": BUCKET,
    "SFN_CALLBACK_TABLE": TABLE,
    "SFN_CALLBACK_WORKLOAD": "sfn_callback.demo",
    "SFN_CALLBACK_RETENTION_DAYS": "14",
    "SFN_CALLBACK_STATE_MACHINE_ARN": MACHINE,
    "SFN_CALLBACK_PROCESS_FUNCTION": "docs-process",
}
