# Part of scripts/till: what each command is for.

# help COMMAND
help() {
    case $1 in
    till) cat <<'EOF' ;;
usage: scripts/till COMMAND [...]

  run       set up, build, start, and walk one order through the workflow
  test      set up, build, run every test
  setup     install the packages that are missing
  build     build everything into build/
  start     start all programs and nginx
  stop      end everything that was started
  restart   new binaries and settings, without losing a request
  status    what runs, how much memory it takes, what waits or needs a person
  logs      the last lines of the logs
  smoke     walk one order through any deployment
  migrate   bring the databases to this version
  copy      move a service's data to MongoDB, or back
  read-only show orders, take none: while data move
  backup    copy the databases, while they are in use
  restore   put a backup in their place
  once      do what is due, and end: for cron, or after a restore
  configure after an installation or an upgrade: settings and databases
  doctor    print every setting, its source, and every problem
  admin     look after users; see and close what needs a person

scripts/till COMMAND --help says more. From the environment:

  TILL_HOME   state, sockets and logs (./var of the checkout)
  TILL_PORT   the port on 127.0.0.1 (8080)
  TILL_ENV    the settings file (./.env of the checkout if there is one, else
              TILL_HOME/till.env, which the first start writes)
  TILL_BUILD  the build folder (build)

All other settings are listed in .env.example.
EOF
    run) cat <<'EOF' ;;
usage: scripts/till run

Installs what is missing, builds, starts Till on http://127.0.0.1:TILL_PORT,
walks one order through the workflow printing each step as curl would send it,
and leaves it running. Run again, it restarts what runs and walks another one.
EOF
    test) cat <<'EOF' ;;
usage: scripts/till test [--sanitize] [FILE ...]
       scripts/till test --mongo [SETTING ...]

Installs what is missing, builds, and runs every test, or those of the files
named, such as tests/api/order.bats or tests/unit/money_test.c. The last line is
"N passed, N failed[, N skipped]". With --sanitize everything is built into
build/sanitize with AddressSanitizer and UBSan; what they report of any program
fails the test that ran it. With --mongo the API's tests run once more, with
the stores that the settings name (MONGO_URI, unless another is named:
USER_DB ...) in MongoDB: MONGO_TEST_URI, else a mongod in PATH, else one that
Maven builds. Where PAYMENT_DB or NOTIFICATION_DB is among them, every matrix of
tests/faults does, too.
EOF
    setup) cat <<'EOF' ;;
usage: scripts/till setup [--test | --bench | --deb]

Installs the packages of scripts/packages that are missing, with apt-get (and
sudo, where you are not root); elsewhere names them and stops. With --test also
those that only the tests need, with --bench those of `make bench`, with --deb
those of `make deb`.
EOF
    build) cat <<'EOF' ;;
usage: scripts/till build

Builds everything into build/ (TILL_BUILD).
EOF
    start) cat <<'EOF' ;;
usage: scripts/till start

Brings the databases to this version, starts every program of build/cgi-bin,
the sandbox where Stripe or Gmail have no credentials, and nginx, and waits
until all of them answer. What runs already is left alone.
EOF
    stop) cat <<'EOF' ;;
usage: scripts/till stop

Ends nginx when its requests are answered, then everything else that was
started, and waits until it is gone.
EOF
    restart) cat <<'EOF' ;;
usage: scripts/till restart [PROGRAM]

Every program (or the one named, as `status` names it) becomes its new binary
and reads its settings file again; no connection closes and no request is
lost. Settings from the environment stay as they were at the start. nginx
reads its configuration again if it has changed.
EOF
    status) cat <<'EOF' ;;
usage: scripts/till status [--json]

One line a program: its state, its process, its memory (proportional set size
in KB), and the sum; then how much waits, and since when: payments that Till has
to finish, those that a customer or a bank has to, Stripe's events, mails; and
how many things need a person. Exits non-zero when anything is down.
EOF
    logs) cat <<'EOF' ;;
usage: scripts/till logs [-f | --follow] [-n LINES] [--request-id ID] [--json]
           [PROGRAM ...]

The last 20 (LINES) lines of every log, or of those named, as `status` names
them, also nginx-access and nginx-error; readable, in the order in which things
happened, with colours on a terminal. --request-id: all that there is of one
request, whose id every answer has in X-Request-Id and every problem in
request_id. -f: goes on with what is added. --json: as it was written.
EOF
    smoke) cat <<'EOF' ;;
usage: scripts/till smoke [--payment-method PM] URL

Walks one order through the Till at URL with curl: register, log in, order,
pay, wait for the receipt, show everything. Prints every step, and exits
non-zero when one fails. Where Stripe's key is a real one (a test one!) name a
payment method, such as pm_card_visa.
EOF
    copy) cat <<'EOF' ;;
usage: scripts/till copy SERVICE --from URL --to URL [--first]

Moves what a service (user, order, payment, notification) keeps between SQLite
and MongoDB, exactly as it is, and checks counts and checksums of both sides at
the end. A URL is sqlite:PATH (from TILL_HOME on) or mongodb://HOST/DBNAME; or
@FILE, a file that has it, so that nobody sees its password among the
processes. Cut off, it is run again and goes on. It exits with 0 only where both
sides hold the same. With --first the source may be in use: nothing is checked,
and the next copy, without it, brings the rest. docs/moving.md has the whole procedure.
EOF
    read-only) cat <<'EOF' ;;
usage: scripts/till read-only on | off

on: nothing is written any more: the workers end, and customers get 503 for all
but GET of orders, users and notifications. off: everything goes on.
EOF
    backup) cat <<'EOF' ;;
usage: scripts/till backup FOLDER [--keep N] [--json]

Copies every service's SQLite database, while Till runs, into a new folder in
FOLDER, named by the time in UTC, and checks the copies. With --keep all but the
newest N in FOLDER are taken away afterwards. The settings, which hold secrets,
are not part of it, nor is what is in MongoDB.
EOF
    restore) cat <<'EOF' ;;
usage: scripts/till restore FOLDER [SERVICE ...]

Puts the databases of a backup, all or those of the services named (user, order,
payment, notification), in the place of the present ones, which stay beside
them under another name. Nothing is changed while Till runs, or where the backup
isn't whole. Then Till only reads until `scripts/till read-only off`, since it
doesn't know yet what was paid since the backup: docs/operating.md.
EOF
    once) cat <<'EOF' ;;
usage: scripts/till once payment-worker | notification-worker

Does what is due, as the worker that runs all the time would, and ends when
nothing is.
EOF
    configure) cat <<'EOF' ;;
usage: scripts/till configure

Where Till is installed, after an installation or an upgrade, as root: writes the
settings file with fresh secrets where there is none, and brings the databases
to this version. Where that changes them, it says so, stops Till, and makes a
backup first. What ran goes on with the new programs. Safe to repeat.
EOF
    migrate) cat <<'EOF' ;;
usage: scripts/till migrate [--pending]

Brings every service's database to this version, and makes those that aren't
there. With --pending says which would change, and changes nothing.
EOF
    doctor | admin) cat <<EOF ;;
usage: scripts/till $1 [...]

Runs till-$1 with the settings of TILL_HOME.
EOF
    esac
}
