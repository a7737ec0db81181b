# Lines of curl that ask for what the examples show. @URL@ stands for the server.
include "html";

# What stands for the examples' values, outside of quotes.
def with_variables($root):
    reduce ($root["x-shell"] | to_entries[]) as $one (.; gsub($one.key; $one.value));

# The same inside 'quotes'
def with_quoted_variables($root):
    reduce ($root["x-shell"] | to_entries[]) as $one (.; gsub($one.key; "'\"\($one.value)\"'"));

def roles: .security[0].bearer // [];

# Whose token it takes, as a variable; null: none that a person has
def token: if roles == [] then "" elif roles | index("customer") then "$T"
    elif roles | index("admin") then "$ADMIN" else null end;

def address($root):
    reduce (.parameters[] | select(.in == "path")) as $one (.path;
        gsub("\\{" + $one.name + "\\}"; $one.example))
    | with_variables($root);

def query:
    [.parameters[] | select(.in == "query" and has("example")) | "\(.name)=\(.example)"] | join("&");

# curl_line($root; $body): of an operation
def curl_line($root; $body):
    query as $query | token as $token
    | [ "curl",
        if $query == "" then "@URL@" + address($root) else "\"@URL@\(address($root))?\($query)\"" end,
        if .method == "patch" then "-X PATCH" else empty end,
        if $token == "" then empty else "-H \"Authorization: Bearer \($token)\"" end,
        if $body == null then empty
        else "-H 'Content-Type: application/json' -d '\($body | tojson | with_quoted_variables($root))'" end ]
    | join(" ");

# The same, keeping one member of its answer in a variable
def kept($root; $variable; $member; $body):
    curl_line($root; $body) | "\($variable)=$(\(sub("^curl"; "curl -s")) | jq -r .\($member))";

def body: .requestBody.content["application/json"].examples // {} | first(.[].value) // null;

# What has to be pasted first: an account, logged in, with two orders
def preparation($root):
    [$root | operations] as $all
    | def of($id): $all[] | select(.operationId == $id);
    "EMAIL=ada-$(date +%s)@shop.example",
    (of("register") | kept($root; "ID"; "id"; body + {username: "Ada", email: "ada@shop.example"})),
    (of("logIn") | kept($root; "T"; "token"; body)),
    (of("createOrder") | kept($root; "O"; "id"; body), kept($root; "P"; "id"; body));

def admin_preparation($root):
    "scripts/till admin make-admin \"$EMAIL\"",
    ($root | operations | select(.operationId == "logIn") | kept($root; "ADMIN"; "token"; body));
