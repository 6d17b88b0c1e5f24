"""It needs a package that is not installed."""

import acme_that_is_not_installed
