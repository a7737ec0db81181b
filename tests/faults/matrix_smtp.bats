#!/usr/bin/env bats
# The matrix of mail over SMTP, at most once.

load smtp.bash
# shellcheck disable=SC2034  # for smtp.bash
SMTP_DELIVERY=at-most-once

@test "at-most-once: whatever fails, no receipt is mailed twice" {
    run_matrix
}
