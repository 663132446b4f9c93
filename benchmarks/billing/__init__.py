"""What AWS would bill.

``prices``    unit prices, their date and sources
``capacity``  sizes of DynamoDB's items, and what reading and writing them costs in request units
``meter``     counts what botocore sends, and the units of each request
"""
