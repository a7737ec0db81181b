# The list of all problems' pages, of docs/openapi.yaml.
include "html";

"<main>
<p class=\"trail\"><a href=\"../docs/\">Reference</a></p>
<h1>Problems</h1>
<p>What goes wrong is answered as <code>application/problem+json</code>. Its <code>type</code> is one of these.</p>
<table>
<thead><tr><th>Status</th><th>Problem</th><th>What happened</th></tr></thead>
<tbody>
" + ([problems] | sort_by(statuses) | map("<tr><td>\(statuses | map(tostring) | join(", "))</td>"
    + "<td><a href=\"\(.name)\"><code>\(.name)</code></a></td><td>\(.description | inline)</td></tr>")
    | join("\n")) + "
</tbody>
</table>
</main>" | page("Till: problems"; "problem")
