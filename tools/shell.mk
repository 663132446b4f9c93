# What is let in of the shell's environment; everything else stays outside. Read by the Makefile and by shell.py.
# A % stands for any text.

# What a program needs to run, and to speak on this terminal.
BASICS := HOME PATH USER LOGNAME SHELL TMPDIR TZ LANG LANGUAGE LC_% TERM COLORTERM COLUMNS LINES NO_COLOR XDG_% LD_LIBRARY_PATH

# What says which Python, Terraform or browser is used.
TOOLS := PYENV_% ASDF_% MISE_% TFENV_% TERRAFORM TF_CLI_CONFIG_FILE PYTHONUNBUFFERED SFN_CALLBACK_PROVIDER_MIRROR SFN_CALLBACK_BROWSER SFN_CALLBACK_BOTOCORE DEBIAN_FRONTEND

# What make and pytest tell the programs that they start.
RUNNERS := MAKE% MFLAGS CURDIR HYPOTHESIS_PROFILE PYTEST_XDIST_% PYTEST_CURRENT_TEST PYTEST_VERSION

# What pip, uv and Terraform need to fetch something, and nobody else may have: proxies, indexes and certificates.
NETWORK := HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR NIX_SSL_CERT_FILE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_NO_INDEX PIP_FIND_LINKS PIP_TRUSTED_HOST PIP_CERT PIP_CLIENT_CERT PIP_PROXY PIP_DEFAULT_TIMEOUT PIP_TIMEOUT PIP_RETRIES PIP_CONFIG_FILE PIP_CACHE_DIR PIP_NO_CACHE_DIR PIP_DISABLE_PIP_VERSION_CHECK UV_%

# What the demo is asked for.
DEMO := WORKFLOW DOCUMENT TASK KEEP APPROVE
