# --- General -------------------------------------------------------------------------------------------------------

variable "name" {
  description = <<-EOT
    Prefix of every resource's name: 2 to 28 lower-case letters, digits and hyphens, beginning with a letter. Two instances in one
    account and region need two names. A new name replaces every resource, the bucket and the ledger included: without `force_destroy`
    an apply refuses to delete them, and with it their contents are deleted.
  EOT
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,26}[a-z0-9]$", var.name))
    error_message = "The name must have 2 to 28 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  validation {
    condition     = !can(regex("^(xn--|sthree-|amzn-s3-demo-)", var.name))
    error_message = "The name must not begin with \"xn--\", \"sthree-\" or \"amzn-s3-demo-\", which S3 reserves."
  }
}

variable "create" {
  description = <<-EOT
    Whether to create anything. If `false`, all outputs are `null`: for a stack that needs this module in some of its environments only.
  EOT
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags for every resource that takes them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "Tag keys must not begin with \"aws:\", which AWS reserves."
  }

  # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html#id_tags_naming_best_practices
  validation {
    condition     = length(var.tags) <= 50
    error_message = "A resource takes at most 50 tags, including those of the provider's default_tags."
  }

  validation {
    condition = alltrue([for key, value in var.tags :
      length(key) >= 1 && length(key) <= 128 && length(value == null ? "" : value) <= 256
    ])
    error_message = "A tag must have a key of 1 to 128 characters and a value of at most 256."
  }
}

variable "workflows" {
  description = <<-EOT
    The workflows to create. `documents` splits a document into chunks, processes them in parallel and merges the results; `direct` hands a
    task to a worker function, `queue` puts it into an SQS queue and `topic` publishes it to an SNS topic; `approval` asks people by e-mail,
    or a program by a webhook. An empty set creates nothing.
  EOT
  type        = set(string)
  default     = ["documents"]
  nullable    = false

  validation {
    condition     = alltrue([for workflow in var.workflows : contains(["documents", "direct", "queue", "topic", "approval"], workflow)])
    error_message = "The workflows must be among \"documents\", \"direct\", \"queue\", \"topic\" and \"approval\"."
  }
}

# --- Code ----------------------------------------------------------------------------------------------------------

variable "workload" {
  description = <<-EOT
    Python module, in the package or a layer, whose functions do the work: `split`, `process` and `merge` for documents, `work` for the
    other workflows. The default counts the words of a text, and for the other workflows runs a sample task that succeeds or fails at
    random.
  EOT
  type        = string
  default     = "sfn_callback.demo"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*$", var.workload))
    error_message = "The workload must be the dotted name of a Python module, such as \"my_package.my_module\", without \".py\"."
  }
}

variable "package" {
  description = <<-EOT
    The functions' zip: the `path` of a file, or `bucket`, `key` and optionally `version` of an S3 object in the same region (without a
    version, a new upload under the same key is not noticed). It must contain `sfn_callback` and the workload. The default is the zip that
    comes with this module.
  EOT
  type = object({
    path    = optional(string)
    bucket  = optional(string)
    key     = optional(string)
    version = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.package.path == null || (var.package.bucket == null && var.package.key == null && var.package.version == null)
    error_message = "The package must have either path, or bucket and key, not both."
  }

  validation {
    condition     = (var.package.bucket == null) == (var.package.key == null) && (var.package.version == null || var.package.key != null)
    error_message = "A package on S3 needs both bucket and key. Only such a package can have a version."
  }
}

variable "packages" {
  description = <<-EOT
    Zips and layers for single functions instead of `package` and `layers`, by handler (the keys of the output `function_names`): for
    libraries that one function imports and the others should not carry. A field that is left out is as in `package` and `layers`.
  EOT
  type = map(object({
    path    = optional(string)
    bucket  = optional(string)
    key     = optional(string)
    version = optional(string)
    layers  = optional(list(string))
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([for zip in values(var.packages) :
      zip == null ? true : zip.path == null || (zip.bucket == null && zip.key == null && zip.version == null)
    ])
    error_message = "Each of the packages must have either path, or bucket and key, not both."
  }

  validation {
    condition = alltrue([for zip in values(var.packages) :
      zip == null ? true : (zip.bucket == null) == (zip.key == null) && (zip.version == null || zip.key != null)
    ])
    error_message = "Each of the packages on S3 needs both bucket and key. Only such a package can have a version."
  }

  validation {
    condition     = alltrue([for zip in values(var.packages) : length(zip == null ? [] : zip.layers == null ? [] : zip.layers) <= 5])
    error_message = "Each of the packages takes at most 5 layers."
  }
}

variable "images" {
  description = <<-EOT
    Container images for single functions instead of a zip, by handler: for code that is larger than a zip may be (250 MB unpacked,
    layers included). An image is in ECR in the same region and for `architecture`. It has `sfn_callback`, the workload, boto3 and, as
    its entry point, Lambda's runtime interface client; the module gives it the handler as its command. Name it by its digest: a new
    image under an old tag is not noticed. A function that changes between zip and image is replaced.
  EOT
  type        = map(string)
  default     = {}
  nullable    = false

  # https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html
  validation {
    condition = alltrue([for uri in values(var.images) :
      uri == null ? true : can(regex("^([0-9]{12}\\.dkr\\.ecr\\.[a-z0-9.-]+/[a-z0-9._/-]+(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64}))?$", uri))
    ])
    error_message = "The images must be URIs of images in ECR with a digest or a tag: \"….dkr.ecr.….amazonaws.com/scans@sha256:…\"."
  }
}

variable "versions" {
  description = <<-EOT
    Versions and snapshots of the functions. With `publish` each change of a function is published as a version. All triggers invoke the
    alias `live`. It moves to the new version only after code and configuration are both updated, and it can move back without an
    upload. `live` pins functions to versions, by handler (keys as for `memory_mb`): to go back, give it yesterday's output
    `function_versions`. Each version's zip counts towards the account's storage for code. `snap_start` names functions that Lambda
    restores from a snapshot instead of initialising them: for a workload that takes seconds to import, because a restore itself takes
    some tenths of a second. For Python a version costs $3.90 a month and GB of memory until you delete it, invoked or not, and each
    restore costs $0.00014 a GB (US East). All restored environments share what the workload made while it was imported: random numbers,
    connections, fetched values.
  EOT
  type = object({
    publish    = optional(bool, false)
    live       = optional(map(string), {})
    snap_start = optional(set(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.versions.publish || length(var.versions.live) == 0
    error_message = "Only published versions can be pinned: set publish, or omit live."
  }

  validation {
    condition     = alltrue([for version in values(var.versions.live) : version == null ? true : can(regex("^([1-9][0-9]*)?$", version))])
    error_message = "A function's version must be a number, such as \"7\". $LATEST cannot be pinned, because it changes with each apply."
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-runtimes
  validation {
    condition     = var.versions.publish || length(var.versions.snap_start) == 0
    error_message = "Only published versions have a snapshot: set publish, or omit snap_start."
  }
}

variable "layers" {
  description = "Layers for every function, by the ARNs of their versions: what your workload imports, or looks for under /opt."
  type        = list(string)
  default     = []
  nullable    = false

  # https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
  validation {
    condition     = length(var.layers) <= 5
    error_message = "A function takes at most 5 layers."
  }

  validation {
    condition = alltrue([for arn in var.layers :
      arn == null ? true : can(regex("^(arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+)?$", arn))
    ])
    error_message = "A layer must be the ARN of one of its versions, such as \"arn:aws:lambda:eu-central-1:123456789012:layer:mine:3\"."
  }
}

variable "environment" {
  description = "Environment variables for the workload, given to every function."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([for name in keys(var.environment) :
      can(regex("^[A-Za-z][A-Za-z0-9_]+$", name)) && !startswith(name, "SFN_CALLBACK_")
    ])
    error_message = "Environment variable names must have 2 or more letters, digits or _, and begin with a letter, not \"SFN_CALLBACK_\"."
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
  validation {
    condition = length(setintersection(keys(var.environment), [
      "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
      "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
      "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
      "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
    ])) == 0
    error_message = "The environment must not contain a variable that Lambda sets itself, such as AWS_REGION."
  }
}

variable "runtime" {
  description = "The functions' Lambda runtime: Python 3.11 or newer."
  type        = string
  default     = "python3.13"
  nullable    = false

  validation {
    condition     = can(regex("^python3\\.(1[1-9]|[2-9][0-9])$", var.runtime))
    error_message = "The runtime must be python3.11 or newer, such as \"python3.13\"."
  }
}

variable "architecture" {
  description = "The functions' processor: `arm64` or `x86_64`. The package of this module runs on both."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture must be \"arm64\" or \"x86_64\"."
  }
}

variable "memory_mb" {
  description = "Memory in MB by handler (the keys of the output `function_names`), where the default does not fit."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for size in values(var.memory_mb) : size == null ? true : size >= 128 && size <= 10240 && size % 1 == 0])
    error_message = "A function's memory must be a whole number of MB from 128 to 10240."
  }
}

variable "ephemeral_storage_mb" {
  description = "Size of /tmp in MB by handler, where Lambda's 512 are too few: what your workload writes there. Keys as for `memory_mb`."
  type        = map(number)
  default     = {}
  nullable    = false

  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
  validation {
    condition = alltrue([for size in values(var.ephemeral_storage_mb) :
      size == null ? true : size >= 512 && size <= 10240 && size % 1 == 0
    ])
    error_message = "A function's ephemeral storage must be a whole number of MB from 512 to 10240."
  }
}

variable "timeout_seconds" {
  description = "Timeout in seconds by function, where the default does not fit. Keys as for `memory_mb`."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([for seconds in values(var.timeout_seconds) :
      seconds == null ? true : seconds >= 1 && seconds <= 900 && seconds % 1 == 0
    ])
    error_message = "A function's timeout must be a whole number of seconds from 1 to 900, which is Lambda's limit."
  }
}

variable "reserved_concurrency" {
  description = "How many chunks are processed at once at the most, over all documents. `null` leaves that to the account's limit."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 1 && var.reserved_concurrency % 1 == 0
    error_message = "The reserved concurrency must be a positive integer, or null for no reservation: 0 would process nothing."
  }
}

variable "definitions" {
  description = <<-EOT
    State machines of your own instead of the module's, by workflow: the path of a template in the Amazon States Language. Copy the
    module's template in `states/` and change what you like, but keep its waiting state. The same placeholders are filled in, such as
    `$${split_arn}` and `$${retry_step}`. If your states need more permissions, attach them to the machine's role (output `role_names`).
  EOT
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.definitions), ["documents", "parts", "direct", "queue", "topic", "approval"])) == 0
    error_message = "The keys of definitions must be among \"documents\", \"parts\", \"direct\", \"queue\", \"topic\" and \"approval\"."
  }
}

# --- Completion ----------------------------------------------------------------------------------------------------

variable "completion" {
  description = <<-EOT
    When a job fails: `fail_fast` at the first chunk that fails for good (the default), or as soon as more have failed than
    `tolerated_failure_count` chunks or `tolerated_failure_percentage` percent of all chunks. Where both are given, the smaller one counts.
    At most 50,000 failed chunks are tolerated.
  EOT
  type = object({
    fail_fast                    = optional(bool)
    tolerated_failure_count      = optional(number)
    tolerated_failure_percentage = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition = var.completion.fail_fast != true || (
      var.completion.tolerated_failure_count == null && var.completion.tolerated_failure_percentage == null
    )
    error_message = "A job that fails fast tolerates no failed chunk: omit fail_fast, or the tolerance."
  }

  validation {
    condition = var.completion.fail_fast != false || (
      var.completion.tolerated_failure_count != null || var.completion.tolerated_failure_percentage != null
    )
    error_message = "A job that does not fail fast needs a tolerance: set tolerated_failure_count or tolerated_failure_percentage."
  }

  validation {
    condition = var.completion.tolerated_failure_count == null ? true : (
      var.completion.tolerated_failure_count >= 0 && var.completion.tolerated_failure_count <= 50000 &&
      var.completion.tolerated_failure_count % 1 == 0
    )
    error_message = "The tolerated_failure_count must be a whole number from 0 to 50000: one ledger item can list no more failures."
  }

  validation {
    condition = var.completion.tolerated_failure_percentage == null ? true : (
      var.completion.tolerated_failure_percentage >= 0 && var.completion.tolerated_failure_percentage <= 100
    )
    error_message = "The tolerated_failure_percentage must be a number from 0 to 100."
  }
}

variable "max_chunks" {
  description = <<-EOT
    How many chunks a document, or a part of one, may have: one with more is refused (`TooManyChunks`) when that is noticed. The default is
    what `split`, `redrive` and `merge` can do in their 15 minutes with their default memory, and bounds what a document that was dropped by
    mistake costs: about 2 dollars of requests, and your work's own time. At most 400000, which takes 1,769 MB of `memory_mb` for each of
    the three: a plan warns where they would not end in time.
  EOT
  type        = number
  default     = 100000
  nullable    = false

  # What redrive does in 900 seconds with a whole processor (warnings.tf): more memory gives it no more of one.
  validation {
    condition = var.max_chunks >= 1 && var.max_chunks <= 400000 && var.max_chunks % 1 == 0
    error_message = join(" ", [
      "The max_chunks must be a whole number from 1 to 400000: a function cannot redrive more in its 15 minutes.",
      "Make chunks larger, or have larger documents cut into parts (parts), each of which can have as many.",
    ])
  }
}

variable "document_suffixes" {
  description = <<-EOT
    Suffixes of the keys of documents, such as `.pdf`, in upper or lower case. Other objects under `documents/`, such as a sidecar or a
    marker, start nothing. An empty set starts an execution for every object.
  EOT
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for suffix in var.document_suffixes : suffix == null ? true : can(regex("^[^\\s]{0,64}$", suffix))])
    error_message = "Each of the document_suffixes must have 1 to 64 characters without white space, such as \".pdf\"."
  }
}

variable "wait" {
  description = <<-EOT
    How long a machine waits. It waits `round_seconds` for the chunks, then redrives those without a result and waits again, in at most
    `max_rounds` rounds (1: no redrive; at most 20). `job_seconds` bounds the whole execution. A chunk that fails is reported after
    three attempts, so a round should be longer than three timeouts of `process` and three minutes.
  EOT
  type = object({
    round_seconds = optional(number, 3600)
    max_rounds    = optional(number, 3)
    job_seconds   = optional(number, 18000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.wait.round_seconds >= 1 && var.wait.round_seconds % 1 == 0
    error_message = "The round_seconds must be a positive integer."
  }

  validation {
    condition     = var.wait.max_rounds >= 1 && var.wait.max_rounds % 1 == 0
    error_message = "The max_rounds must be a positive integer: the first wait counts as a round."
  }

  # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: an execution has 25,000 events, and the attempts of
  # all rounds share them (main.tf, throttled_attempts).
  validation {
    condition     = var.wait.max_rounds <= 20
    error_message = "The max_rounds must be at most 20: an execution's history has no room for more attempts. Raise round_seconds instead."
  }

  validation {
    condition     = var.wait.job_seconds <= 31536000 && var.wait.job_seconds % 1 == 0
    error_message = "The job_seconds must be a whole number, at most 31536000: an execution can last one year."
  }
}

variable "parts" {
  description = <<-EOT
    Cuts documents of more than `over_mb` MiB into parts, by the workload's `parts` and `combine`. Functions split, process and combine
    each part on its own, `max_concurrency` parts at once (at most 1,000); then the parts are merged. `job_seconds` bounds the whole.
    Tolerances, `max_chunks` and `wait` apply to each part. S3 takes 3,500 writes a second under a new prefix, which 16 parts at once
    use up: set 64 or more if the bucket is used to more (`make bench ONLY=scale`). `null` takes documents of every size in one piece.
  EOT
  type = object({
    over_mb         = optional(number, 64)
    max_concurrency = optional(number, 16)
    job_seconds     = optional(number, 86400)
  })
  default = null

  validation {
    condition     = alltrue([for parts in var.parts[*] : parts.over_mb >= 1])
    error_message = "The over_mb of parts must be at least 1: smaller documents are faster in one piece."
  }

  validation {
    condition     = alltrue([for most in var.parts[*].max_concurrency : most >= 1 && most <= 1000 && most % 1 == 0])
    error_message = "The max_concurrency of parts must be a whole number from 1 to 1000."
  }

  validation {
    condition     = alltrue([for parts in var.parts[*] : parts.job_seconds <= 31536000 && parts.job_seconds % 1 == 0])
    error_message = "The job_seconds of parts must be a whole number, at most 31536000: an execution can last one year."
  }
}

variable "pending" {
  description = <<-EOT
    Lets `process` hand a chunk on (`sfn_callback.PENDING`) to somebody who finishes it elsewhere and reports it by the chunk's token:
    to the function `report`, or through an open one of the `doors`: `queue`, `topic`, and `url` (HTTP, for anybody who has a token). A
    chunk stays pending as long as its last heartbeat is younger than `heartbeat_seconds`; otherwise the next round hands it on again.
    `longest_seconds` is the longest time that a chunk takes: a plan warns if `wait` ends sooner. `result_buckets` are buckets of this
    account, with or without a folder (`"scans/out"`), whose objects a report may name as results. `reporters` are ARNs of roles, of
    other accounts too, that may use function, queue and topic; roles of this account need only the output `reporter_policy`. `null`:
    every chunk ends within `process`.
  EOT
  type = object({
    heartbeat_seconds = optional(number, 900)
    longest_seconds   = optional(number, 3600)
    doors             = optional(set(string), ["queue"])
    result_buckets    = optional(set(string), [])
    reporters         = optional(set(string), [])
  })
  default = null

  validation {
    condition = alltrue([for pending in var.pending[*] : alltrue([
      for seconds in [pending.heartbeat_seconds, pending.longest_seconds] : seconds >= 1 && seconds <= 31536000 && seconds % 1 == 0
    ])])
    error_message = "The heartbeat_seconds and longest_seconds of pending must be whole numbers from 1 to 31536000 (one year)."
  }

  validation {
    condition     = alltrue([for pending in var.pending[*] : length(setsubtract(pending.doors, ["queue", "topic", "url"])) == 0])
    error_message = "The doors of pending must be among \"queue\", \"topic\" and \"url\". The function report can always be invoked."
  }

  # Names as the input bucket has them, and folders without what a policy takes for a wildcard.
  validation {
    condition = alltrue(flatten([for pending in var.pending[*] : [for place in pending.result_buckets : place == null ? true : (
      can(regex("^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._=-]+)*)?$", place))
    )]]))
    error_message = join(" ", [
      "The result_buckets of pending must be names of buckets, such as \"scans\", or with a folder, \"scans/out\":",
      "not an ARN or URL, and without a slash at the end.",
    ])
  }

  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
  validation {
    condition = alltrue(flatten([for pending in var.pending[*] : [for arn in pending.reporters : arn == null ? true : (
      can(regex("^(arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+)?$", arn))
    )]]))
    error_message = join(" ", [
      "The reporters of pending must be ARNs of IAM roles, such as \"arn:aws:iam::123456789012:role/worker\":",
      "without wildcards, and not the ARN of a session.",
    ])
  }
}

variable "sweep" {
  description = <<-EOT
    Runs a sweeper every so many `minutes`. It checks open approvals, and jobs that are older than half of `quiet_seconds`. It sends
    again verdicts that were not delivered. If no chunk of a job has ended for `quiet_seconds` (`null`: as long as three attempts at a
    chunk can take), it has the missing chunks processed again. It closes waits that nobody waits for any more. It also reports the age
    of the oldest open job, and the alarm `oldest-open-job` of `alarms` fires above `oldest_seconds` (`null`: half of the `job_seconds`
    of `wait`). Every 15 minutes cost about $0.05 a month for each MB of the ledger (250,000 chunks), and $0.30 for the metric. `null`:
    no sweeper.
  EOT
  type = object({
    minutes        = optional(number, 15)
    quiet_seconds  = optional(number)
    oldest_seconds = optional(number)
  })
  default = null

  # An alarm looks at a day at the most: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  validation {
    condition     = var.sweep == null ? true : var.sweep.minutes >= 1 && var.sweep.minutes <= 720 && var.sweep.minutes % 1 == 0
    error_message = "The minutes of a sweep must be a whole number from 1 to 720."
  }

  validation {
    condition = var.sweep == null ? true : alltrue([
      for seconds in [var.sweep.quiet_seconds, var.sweep.oldest_seconds] :
      seconds == null ? true : seconds >= 1 && seconds % 1 == 0
    ])
    error_message = "The quiet_seconds and oldest_seconds of a sweep must be positive integers."
  }
}

variable "task" {
  description = <<-EOT
    How the workflows `direct`, `queue` and `topic` wait for their worker. `timeout_seconds`: the whole wait; for a queue more than 30
    timeouts of `queue_worker`, because five receipts can take that long before a message is a dead letter. `heartbeat_seconds`: a
    worker that is silent for so long is given up, time in the queue included (`null`: only at the timeout). A worker sends three
    heartbeats in that time, and an account may send 300 a second (500 in us-east-1, us-west-2 and eu-west-1), so 30 seconds are enough
    for 3,000 tasks at once. `maximum_concurrency`: of the queue's worker. `large_outputs`: an output that is too large for Step
    Functions (262,144 bytes) is put into the bucket, and the machine gets its place (`store`), or the task fails (`fail`).
  EOT
  type = object({
    timeout_seconds     = optional(number, 10800)
    heartbeat_seconds   = optional(number)
    maximum_concurrency = optional(number, 10)
    large_outputs       = optional(string, "store")
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.task.timeout_seconds >= 2 && var.task.timeout_seconds <= 31534200 && var.task.timeout_seconds % 1 == 0
    error_message = "The timeout_seconds of a task must be a whole number from 2 to 31534200: an execution can last one year."
  }

  validation {
    condition = var.task.heartbeat_seconds == null ? true : (
      var.task.heartbeat_seconds >= 1 && var.task.heartbeat_seconds < var.task.timeout_seconds &&
      var.task.heartbeat_seconds % 1 == 0
    )
    error_message = "The heartbeat_seconds of a task must be a positive integer, less than its timeout_seconds."
  }

  validation {
    condition     = var.task.maximum_concurrency >= 2 && var.task.maximum_concurrency <= 1000 && var.task.maximum_concurrency % 1 == 0
    error_message = "The maximum_concurrency of a queue's worker must be a whole number from 2 to 1000, which are SQS's limits."
  }

  validation {
    condition     = contains(["store", "fail"], var.task.large_outputs)
    error_message = "The large_outputs must be \"store\" or \"fail\"."
  }
}

variable "http_start" {
  description = <<-EOT
    Whether executions of the workflow `direct` can be started by an HTTP `GET /start`, signed for IAM, with the query as their input.
  EOT
  type        = bool
  default     = false
  nullable    = false
}

variable "approval" {
  description = <<-EOT
    How the workflow `approval` asks. `timeout_seconds`: until the deadline, a multiple of `remind_seconds`, after which it asks again
    (`null`: never). `emails`: who is asked; `emails_by_key`: the same, under keys of your own, for addresses that are known only after
    an apply. `url_auth` of the page: `NONE` or `AWS_IAM`. `asker`: the `name` and the `contact` (an e-mail address or an `https://`
    URL) that the page and the mail show. `url`: where people reach the page, if not at its function URL, such as your own domain in
    front of it, with or without a path. `url_parameter`: the name of an SSM parameter that has this URL, if it depends on this module's
    `page_url`, as a distribution's does. `reserved_concurrency`: how many requests the page takes at once, so that a flood of them
    leaves functions to the account (`null`: no reservation, because an account must keep 100 unreserved, and a new one may have 10 in
    all). `webhook_secret_arn`: of the Secrets Manager secret that webhooks must be signed with.
  EOT
  type = object({
    timeout_seconds      = optional(number, 604800)
    remind_seconds       = optional(number)
    emails               = optional(set(string), [])
    emails_by_key        = optional(map(string), {})
    url_auth             = optional(string, "NONE")
    asker                = optional(object({ name = string, contact = string }))
    url                  = optional(string)
    url_parameter        = optional(string)
    reserved_concurrency = optional(number)
    webhook_secret_arn   = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.approval.timeout_seconds >= 2 && var.approval.timeout_seconds <= 31104000 && var.approval.timeout_seconds % 1 == 0
    error_message = "The timeout_seconds of an approval must be a whole number from 2 to 31104000: an execution can last one year."
  }

  validation {
    condition = var.approval.remind_seconds == null ? true : (
      var.approval.remind_seconds >= 1 && var.approval.remind_seconds % 1 == 0 &&
      var.approval.timeout_seconds % var.approval.remind_seconds == 0
    )
    error_message = "The remind_seconds of an approval must be a positive integer, and its timeout_seconds a multiple of that."
  }

  # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: an execution has 25,000 events, and each wait a few.
  validation {
    condition     = var.approval.remind_seconds == null ? true : var.approval.timeout_seconds / var.approval.remind_seconds <= 1000
    error_message = "An approval must not send more than 1000 mails: raise its remind_seconds."
  }

  validation {
    condition     = alltrue([for key in keys(var.approval.emails_by_key) : !strcontains(key, "@")])
    error_message = "The keys of emails_by_key must be names that you choose, without @, such as \"editors\". The values are the addresses."
  }

  validation {
    condition     = alltrue([for to in var.approval.emails : to == null ? true : can(regex("^([^@[:space:]]+@[^@[:space:]]+)?$", to))])
    error_message = "The emails of an approval must be addresses, such as \"team@example.com\"."
  }

  validation {
    condition = alltrue([for to in values(var.approval.emails_by_key) :
      to == null ? true : can(regex("^([^@[:space:]]+@[^@[:space:]]+)?$", to))
    ])
    error_message = "The values of emails_by_key must be addresses, such as { ana = \"ana@example.com\" }."
  }

  validation {
    condition     = contains(["NONE", "AWS_IAM"], var.approval.url_auth)
    error_message = "The url_auth of an approval must be \"NONE\" or \"AWS_IAM\"."
  }

  validation {
    condition     = var.approval.url == null ? true : can(regex("^(https://[^[:space:]]+)?$", var.approval.url))
    error_message = "The url of an approval must begin with \"https://\": anyone who reads the link can decide."
  }

  validation {
    condition     = var.approval.url == null ? true : !can(regex("[?#]", var.approval.url))
    error_message = "The url of an approval must have no query and no fragment: the approval's id is appended to its path."
  }

  # https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html: names and their characters.
  validation {
    condition = var.approval.url_parameter == null ? true : (
      var.approval.url == null && can(regex("^(/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*)?$", var.approval.url_parameter))
    )
    error_message = "The url_parameter of an approval must be the name of an SSM parameter, such as \"/docs/url\", and excludes url."
  }

  validation {
    condition = var.approval.asker == null ? true : (
      can(regex("^[^[:cntrl:]]{1,100}$", var.approval.asker.name)) && trimspace(var.approval.asker.name) != ""
    )
    error_message = "The asker of an approval must have a name of 1 to 100 characters on one line, such as \"Northwind Press\"."
  }

  validation {
    condition = var.approval.asker == null ? true : (
      length(var.approval.asker.contact) <= 200 &&
      can(regex("^(https://[^[:space:]\"<>]+|[^@[:space:]\"<>?&]+@[^@[:space:]\"<>?&]+)$", var.approval.asker.contact))
    )
    error_message = "The contact of an approval's asker must be an e-mail address or an \"https://\" URL of at most 200 characters."
  }

  validation {
    condition = var.approval.reserved_concurrency == null ? true : (
      var.approval.reserved_concurrency >= 1 && var.approval.reserved_concurrency % 1 == 0
    )
    error_message = "The reserved_concurrency of an approval must be a positive integer, or null for no reservation."
  }

  validation {
    condition = var.approval.webhook_secret_arn == null ? true : (
      can(regex("^(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+)?$", var.approval.webhook_secret_arn))
    )
    error_message = "The webhook_secret_arn of an approval must be the ARN of a Secrets Manager secret."
  }
}

# --- Storage -------------------------------------------------------------------------------------------------------

variable "retention_days" {
  description = <<-EOT
    How many days to keep `logs`, and `data`: chunks, results, failure reports, large outputs, ledger items, and old versions of all
    objects. Documents and merged results stay until you delete them.
  EOT
  type = object({
    logs = optional(number, 30)
    data = optional(number, 14)
  })
  default  = {}
  nullable = false

  validation {
    condition = contains([
      1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    ], var.retention_days.logs)
    error_message = "The retention_days of logs must be a period that CloudWatch offers, such as 7, 14, 30, 60, 90, 180, 365, 731 or 3653."
  }

  validation {
    condition     = var.retention_days.data >= 1 && var.retention_days.data % 1 == 0
    error_message = "The retention_days of data must be a positive integer."
  }
}

variable "bucket" {
  description = <<-EOT
    A bucket of yours instead of the module's. `name`: of a bucket in this account and region, which keeps `chunks/`, `results/`,
    `merged/`, `failures/`, `outputs/` and `documents/`, all below `prefix`, for this one instance, and tells EventBridge about new
    objects. Set `eventbridge = true` in its `aws_s3_bucket_notification`, and take the `name` from that resource, so that it is there
    first; give that resource the bucket's `bucket`, because a plan does not know its `id` before it is made. `kms_key_arn`: the key of
    its objects; every upload names it, as a bucket's policy may demand, and the functions may use it. The module leaves the bucket's
    notifications, policy, encryption and lifecycle alone. `check`: whether a plan warns if the bucket does not tell EventBridge; it
    fails if the credentials lack the right to ask (`cloudformation:GetResource`, `s3:Get*`), so set `false` if the notification is in
    the same configuration. `prefix`: several instances, each with its own such as `team-a/`, share a bucket, and none sees another's
    objects; documents are then dropped under `team-a/documents/`. A new prefix leaves old objects where they are, so let jobs end
    before you change it.
  EOT
  # An object, because a name that is not known before the apply cannot say whose the bucket is.
  type = object({
    name        = string
    kms_key_arn = optional(string)
    prefix      = optional(string, "")
    check       = optional(bool, true)
  })
  default = null

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  validation {
    condition     = try(var.bucket.name, null) == null ? true : can(regex("^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$", var.bucket.name))
    error_message = "The name of a bucket must be a bucket name, such as \"my-documents\", not an ARN or URL."
  }

  validation {
    condition = try(var.bucket.kms_key_arn, null) == null ? true : (
      can(regex("^(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+)?$", var.bucket.kms_key_arn))
    )
    error_message = "The kms_key_arn of a bucket must be the ARN of a key, not of an alias."
  }

  # Characters that are safe in keys, and none that a policy or a pattern takes for a wildcard:
  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
  validation {
    condition = try(var.bucket.prefix, null) == null ? true : (
      can(regex("^([A-Za-z0-9_-][A-Za-z0-9._-]*/)*$", var.bucket.prefix)) && length(var.bucket.prefix) <= 64
    )
    error_message = join(" ", [
      "The prefix of a bucket must be empty, or end with a slash and not begin with one, such as \"team-a/\". It can have at most 64",
      "letters, digits, '.', '_', '-' and single slashes, and no folder may begin with a dot.",
    ])
  }

  # Or what is dropped under documents/ of one instance would be a chunk of the other.
  validation {
    condition = try(var.bucket.prefix, null) == null ? true : (
      !can(regex("(^|/)(documents|chunks|results|merged|failures|outputs)/", var.bucket.prefix))
    )
    error_message = join(" ", [
      "The prefix of a bucket must not contain a folder name of the module (documents, chunks, results, merged, failures, outputs):",
      "another instance in the bucket would take these objects for its own. Choose another prefix.",
    ])
  }
}

variable "vpc" {
  description = <<-EOT
    Your network for all functions. They must reach S3, DynamoDB, Step Functions, CloudWatch Logs and, if workflows and `kms_key_arn`
    need them, Lambda, SNS, SQS, Secrets Manager and KMS: by endpoints or a NAT gateway. `null` leaves the functions in Lambda's own
    network.
  EOT
  type = object({
    subnet_ids         = set(string)
    security_group_ids = set(string)
  })
  default = null

  validation {
    condition = var.vpc == null ? true : alltrue(concat(
      [for id in var.vpc.subnet_ids : id == null ? true : can(regex("^(subnet-.*)?$", id))],
      [for id in var.vpc.security_group_ids : id == null ? true : can(regex("^(sg-.*)?$", id))],
    ))
    error_message = "The vpc must have ids of subnets (\"subnet-…\") and of security groups (\"sg-…\")."
  }
}

variable "kms_key_arn" {
  description = <<-EOT
    KMS key for bucket, table, queues, topic, logs, function environments and state machines. `null` uses the services' own keys. The key's
    policy must let this account's IAM policies apply, and let the principals logs.<region>.amazonaws.com and delivery.logs.amazonaws.com
    (and, for the workflow `topic` or the topic of `pending`, sns.amazonaws.com) use it: docs/key-policy.md has one to paste.
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+)?$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a key, such as \"arn:aws:kms:eu-central-1:123456789012:key/…\", not of an alias."
  }
}

variable "eventbridge" {
  description = <<-EOT
    Whether the module's bucket tells EventBridge about its objects as well, so that a rule of yours starts the next step when there is
    a new object under `merged/`. EventBridge bills S3's events at about $1 a million. Chunks and results cause events when they are
    made and when they expire: some $4 for a million chunks. A bucket of yours (`bucket`) does that anyway.
  EOT
  type        = bool
  default     = false
  nullable    = false
}

variable "force_destroy" {
  description = <<-EOT
    Whether `terraform destroy`, or an apply with another `name`, deletes the bucket with all its objects, and the ledger. Apply it
    before you destroy.
  EOT
  type        = bool
  default     = false
  nullable    = false
}

# --- IAM -----------------------------------------------------------------------------------------------------------

variable "permissions_boundary" {
  description = "ARN of the policy that bounds every role of this module."
  type        = string
  default     = null

  validation {
    condition = var.permissions_boundary == null ? true : (
      can(regex("^(arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+)?$", var.permissions_boundary))
    )
    error_message = "The permissions_boundary must be the ARN of an IAM policy, such as \"arn:aws:iam::123456789012:policy/boundary\"."
  }
}

variable "role_path" {
  description = "Path of every role of this module."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([!-~]+/)?$", var.role_path))
    error_message = "The role_path must begin and end with a slash, such as \"/pipelines/\"."
  }
}

variable "role_arns" {
  description = <<-EOT
    Roles of yours instead of the module's, by handler or workflow: the keys of the output `role_policies`, which has the policies that
    they need. `permissions_boundary` and `role_path` do not apply to them.
  EOT
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([for arn in values(var.role_arns) :
      arn == null ? true : can(regex("^(arn:[a-z-]+:iam::[0-9]{12}:role/.+)?$", arn))
    ])
    error_message = "The role_arns must be ARNs of IAM roles, such as \"arn:aws:iam::123456789012:role/mine\"."
  }
}

variable "resume_resources" {
  description = <<-EOT
    ARNs of your state machines that the functions may resume (`states:SendTask*`) besides their own workflow's, but for those of
    `documents`: machines with a state of the output `callback_states`. One `*` at the end stands for the rest of many ARNs. `["*"]` is
    for policy evaluators that do not know state machines as resources of these actions; with `sweep` it also lets the sweeper list the
    executions of all machines.
  EOT
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([for arn in var.resume_resources :
      arn == null ? true : can(regex("^(\\*|arn:[a-z-]+:states:[a-z0-9-]+:[0-9]{12}:stateMachine:.+)?$", arn))
    ])
    error_message = "The resume_resources must be ARNs of state machines, such as \"arn:aws:states:…:123456789012:stateMachine:mine\"."
  }
}

variable "durable_functions" {
  description = <<-EOT
    ARNs of your Lambda durable functions, in this account and region and without a version: the module's functions may answer their
    callbacks as they answer state machines. Such a function imports `sfn_callback.durable` and needs the output `durable`. Write its
    ARN by its name: an ARN from the function's resource makes a cycle with that output. Put its documents under `durable/`: a document
    under `documents/` also starts an execution of the module's machine.
  EOT
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([for arn in var.durable_functions :
      arn == null ? true : can(regex("^(arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+)?$", arn))
    ])
    error_message = join(" ", [
      "The durable_functions must be ARNs of functions, such as \"arn:aws:lambda:eu-central-1:123456789012:function:mine\":",
      "without a version, an alias or wildcards.",
    ])
  }
}

# --- Observability -------------------------------------------------------------------------------------------------

variable "log_group_names" {
  description = <<-EOT
    Log groups of yours instead of the module's, by handler or workflow (the keys of the output `log_group_names`), each with one of its
    own. Their retention and their key are yours. For a machine, choose a name that begins with /aws/vendedlogs/states/.
  EOT
  type        = map(string)
  default     = {}
  nullable    = false

  # What is counted in a log group is counted once.
  validation {
    condition     = length(distinct(compact(values(var.log_group_names)))) == length(compact(values(var.log_group_names)))
    error_message = "Each function and each machine needs a log group of its own."
  }

  # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
  validation {
    condition     = alltrue([for name in values(var.log_group_names) : name == null ? true : can(regex("^[A-Za-z0-9_/.#-]{0,512}$", name))])
    error_message = "The log_group_names must be names of log groups, such as \"/mine/split\", not ARNs."
  }
}

variable "xray_tracing" {
  description = "Whether state machines and functions send traces to X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "alarms" {
  description = <<-EOT
    Alarms for what needs a person, and the SNS topic that they tell (`topic_arn`): events that no function could handle, dead letters
    that stay, documents that do not start, failed events that Lambda could not deliver, functions that keep failing, executions that
    failed, timed out or were throttled, jobs that wait for longer than a round or, with `sweep`, are open for too long, verdicts that
    Step Functions did not accept. `leave_out` names some that you do not want (keys of the output `alarm_arns`). The topic's policy,
    and its key's, must let cloudwatch.amazonaws.com publish. `null` makes none; each costs about $0.10 a month.
  EOT
  # An object, because an ARN that is not known before the apply cannot say whether there are alarms.
  type = object({
    topic_arn = string
    leave_out = optional(set(string), [])
  })
  default = null

  validation {
    condition = try(var.alarms.topic_arn, null) == null ? true : (
      can(regex("^(arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+)?$", var.alarms.topic_arn))
    )
    error_message = "The topic_arn of alarms must be the ARN of an SNS topic, such as \"arn:aws:sns:eu-central-1:123456789012:operators\"."
  }
}

variable "notifications" {
  description = <<-EOT
    SNS topic that is told when an execution ends (`topic_arn`), and with which `statuses`. The message is JSON: status, execution, machine,
    and when it started and stopped; what the execution was given is not in it. The topic's policy, and its key's, must let
    events.amazonaws.com publish. `null` tells nobody.
  EOT
  type = object({
    topic_arn = string
    statuses  = optional(set(string), ["FAILED", "TIMED_OUT", "ABORTED"])
  })
  default = null

  validation {
    condition = try(var.notifications.topic_arn, null) == null ? true : (
      can(regex("^(arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+)?$", var.notifications.topic_arn))
    )
    error_message = "The topic_arn of notifications must be the ARN of an SNS topic, such as \"arn:aws:sns:…:123456789012:operators\"."
  }

  # https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
  validation {
    condition = var.notifications == null ? true : (
      length(var.notifications.statuses) > 0 &&
      length(setsubtract(var.notifications.statuses, ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])) == 0
    )
    error_message = "The statuses of notifications must be at least one of \"SUCCEEDED\", \"FAILED\", \"TIMED_OUT\" and \"ABORTED\"."
  }
}

variable "metrics" {
  description = <<-EOT
    Whether the log lines of the workflow `documents` are counted as metrics, in the namespace `SfnCallback/<name>`: chunks done, failed and
    redriven, attempts failed, duplicates, rounds, seconds waited, verdicts not delivered. Each costs about $0.30 a month, while there is
    something to count.
  EOT
  type        = bool
  default     = false
  nullable    = false
}

variable "dashboard" {
  description = <<-EOT
    Whether there is a CloudWatch dashboard of executions, functions and queues, and of `metrics` where there are any. It costs about $3 a
    month.
  EOT
  type        = bool
  default     = false
  nullable    = false
}
