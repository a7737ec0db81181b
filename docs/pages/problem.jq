# One problem's page, of docs/openapi.yaml. $name: the last part of its type.
include "html";

. as $root
| first(problems | select(.name == $name))
| [$root | operations | select(any(.responses[] | resolved($root);
        problem_names($root) | index($name)))] as $routes
| "<main>
<p class=\"trail\"><a href=\"../docs/\">Reference</a> / <a href=\"./\">Problems</a></p>
<p class=\"status\">\(statuses | map(tostring) | join(", "))</p>
<h1>\(.properties.title.const | inline)</h1>
<h2>What happened</h2>
\(.description | paragraphs)
<h2>Why</h2>
\(.["x-why"] | paragraphs)
<h2>What to do</h2>
\(.["x-what-to-do"] | paragraphs)
<h2>Who says so</h2>
<p><code>\"type\": \"/problems/\(.name)\"</code> is answered by</p>
<ul class=\"routes\">
" + ($routes | map(@html "<li><a href=\"../docs/#\(.operationId)\"><b class=\"\(.method)\">\(.method | ascii_upcase)</b> <code>\(.path)</code></a></li>")
    | join("\n")) + "
</ul>
</main>" | page("Till: " + $name; "problem")
