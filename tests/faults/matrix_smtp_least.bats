#!/usr/bin/env bats
# The matrix of mail over SMTP, at least once.

load smtp.bash
# shellcheck disable=SC2034  # for smtp.bash
SMTP_DELIVERY=at-least-once

@test "at-least-once: whatever fails, a receipt is mailed, under one Message-ID" {
    run_matrix
}
