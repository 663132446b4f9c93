"""Fan-ins on the same work: ours, and what a user would write instead, each in a few lines.

All are told how many chunks there are, and the token of the state that waits, and then of each chunk that is done. They
resume the machine, through the same client, with the last.

``this_project``     this project's
``dynamo``           on DynamoDB: a counter, a transaction, one item with all flags
``s3``               on S3: markers that are listed
``distributed_map``  Step Functions' own, computed from its documented billing
"""
