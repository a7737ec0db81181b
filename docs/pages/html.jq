# What the pages share: HTML out of docs/openapi.yaml. Texts there are plain, but
# for `code` between backticks and empty lines between paragraphs.

def inline: @html | gsub("`(?<code>[^`]*)`"; "<code>\(.code)</code>");

def paragraphs:
    rtrimstr("\n") | split("\n\n") | map("<p>\(inline)</p>") | join("\n");

# page($title; $kind): a whole page around what comes in; ../ is /docs/ of both
def page($title; $kind): @html "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>\($title)</title>
<link rel=\"stylesheet\" href=\"../docs/style.css\">
</head>
<body class=\"\($kind)\">
" + . + "
</body>
</html>";

# What a schema is, its references followed; what stands beside one goes before.
def resolved($root):
    if has("$ref") then
        . as $schema
        | ($root | getpath($schema["$ref"] | split("/")[1:])) * ($schema | del(.["$ref"]))
        | resolved($root)
    else . end;

# Every problem, as its name and what is said of it.
def problems:
    .components.schemas[] | select(.properties.type.const? // "" | startswith("/problems/"))
    | . + {name: .properties.type.const | ltrimstr("/problems/")};

# The statuses that a problem comes with.
def statuses: .properties.status | .enum // [.const];

# The names of the problems that a response may be.
def problem_names($root):
    [.content["application/problem+json"].schema // {} | .oneOf // [.] | .[]
        | resolved($root).properties.type.const // empty | ltrimstr("/problems/")];

# Every operation, with its path, its method, and all its parameters.
def operations:
    . as $root
    | .paths | to_entries[] | .key as $path | .value
    | (.parameters // []) as $shared | to_entries[] | select(.key != "parameters")
    | .value + {path: $path, method: .key,
        parameters: ($shared + (.value.parameters // []) | map(resolved($root)))};
