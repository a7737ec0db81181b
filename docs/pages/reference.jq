# The reference of all routes, of docs/openapi.yaml.
include "html";
include "schema";
include "curl";

def people: {customer: "a customer", admin: "an admin", service: "a service"};

def who: roles | if . == [] then "anyone" else map(people[.]) | join(", ") end;

# In: lines of shell. The server's own address is filled in by nginx.
def shell: @html "<pre class=\"shell\">\(.)</pre>"
    | gsub("@URL@"; "<!--# echo var=\"till_url\" -->");

def example: @html "<pre>\(pretty)</pre>";

def folded($summary): "<details><summary>\($summary | inline)</summary>\n\(.)\n</details>";

def headings: {path: "In the path", query: "In the query", header: "Headers"};

def parameters($root):
    [.parameters[]
        | (.schema | resolved($root)) as $schema
        | {name, where: .in, is_needed: (.required // false),
            schema: ($schema + {description: (.description // $schema.description)})}] as $all
    | (headings | keys_unsorted[]) as $where
    | [$all[] | select(.where == $where)] | select(. != [])
    | "<h4>\(headings[$where])</h4>", member_table($root; "may be left out");

def request($root):
    .requestBody | select(.)
    | "<h4>Body <small>JSON, at most \(.["x-max-bytes"]) bytes</small></h4>",
      ([.content["application/json"].schema | members($root; "")]
          | member_table($root; "may be left out"));

def other_examples:
    .requestBody.content["application/json"].examples // {} | to_entries[1:][]
    | .value | .summary as $summary | .value | example | folded($summary);

def header_list($root):
    .headers // {} | keys_unsorted - ["X-Request-Id"]
    | if . == [] then "" else "<br><small>" + (map("<code>\(.)</code>") | join(", ")) + "</small>" end;

def problem_links($root):
    problem_names($root)
    | if . == [] then ""
      else "<br>" + (map("<a href=\"../problems/\(.)\"><code>\(.)</code></a>") | join(", ")) end;

def response($root):
    .key as $status | .value | resolved($root) | . as $response
    | "<tr><td>\($status | sub("default"; "other"))</td><td>\(.description | rtrimstr("\n") | inline)"
      + problem_links($root) + header_list($root)
      + (.content["application/json"] // {} | if has("example") then .example | example | folded("Example") else "" end)
      + ([$response.content["application/json"].schema | select(.) | members($root; "")]
          | if . == [] then "" else member_table($root; "not always") | folded("Members") end)
      + "</td></tr>";

def responses($root):
    "<h4>Answers</h4>\n<table class=\"responses\">\n"
    + (.responses | to_entries | map(response($root)) | join("\n")) + "\n</table>";

def operation($root):
    @html "<section class=\"operation\" id=\"\(.operationId)\">
<h3><b class=\"\(.method)\">\(.method | ascii_upcase)</b> <code>\(.path)</code> <span>\(.summary)</span></h3>",
    (.description // "" | paragraphs),
    "<p class=\"who\">For \(who).</p>",
    if .["x-curl"] then .["x-curl"] | rtrimstr("\n") | shell
    elif token then curl_line($root; body) | shell
    else empty end,
    parameters($root), request($root), other_examples, responses($root),
    "</section>";

def tag($root; $name; $operations):
    @html "<section>\n<h2 id=\"\($name | gsub(" "; "-"))\">\($name)</h2>",
    ($root.tags[] | select(.name == $name).description | paragraphs),
    ($operations[] | select(.tags[0] == $name) | operation($root)),
    "</section>";

def navigation($operations):
    "<nav>\n<p><a href=\"#\">\(.info.title)</a></p>",
    (.tags[].name as $tag | @html "<p><a href=\"#\($tag | gsub(" "; "-"))\">\($tag)</a></p>\n<ul>",
        ($operations[] | select(.tags[0] == $tag)
            | @html "<li><a href=\"#\(.operationId)\"><b class=\"\(.method)\">\(.method | ascii_upcase)</b> \(.path)</a></li>"),
        "</ul>"),
    "<p><a href=\"#problems\">Problems</a></p>\n</nav>";

def introduction($root):
    @html "<h1>\(.info.title)</h1>\n<p class=\"summary\">\(.info.summary)</p>",
    "<p>For tools: <a href=\"openapi.yaml\">openapi.yaml</a>, <a href=\"openapi.json\">openapi.json</a>.</p>",
    (.info.description | paragraphs),
    "<h2 id=\"try\">To try it</h2>
<p>Every line of curl below works as it stands, once these have been pasted into a shell: an account, its token <code>$T</code>,
its id <code>$ID</code>, and two orders, <code>$O</code> and <code>$P</code>. Where Stripe and Gmail are the sandbox, no money
moves and no mail leaves.</p>",
    ([preparation($root)] | join("\n") | shell),
    "<p>And for the routes of an admin, in the checkout of the server:</p>",
    ([admin_preparation($root)] | join("\n") | shell);

def problem_section($root):
    "<section>\n<h2 id=\"problems\">Problems</h2>",
    ([{"$ref": "#/components/schemas/InvalidFields"} | members($root; "")]
        | map(select(.name | startswith("errors") | not)) + map(select(.name | startswith("errors")) | .is_needed = false)
        | member_table($root; "with invalid-fields alone")),
    "<p>Which there are: <a href=\"../problems/\">all problems</a>.</p>\n</section>";

. as $root | [operations] as $operations
| [ navigation($operations), "<main>", introduction($root),
    (.tags[].name as $tag | tag($root; $tag; $operations)), problem_section($root), "</main>" ]
| join("\n") | page("\($root.info.title): the reference"; "reference")
