# What a schema says, in words and rows.
include "html";

# Which values it takes.
def kind($root):
    resolved($root)
    | if has("const") then .const | tojson
      elif .enum then .enum | map(tojson) | join(", ")
      elif .oneOf then .oneOf | map(kind($root)) | join(" or ")
      elif .type == "array" then "list"
      else [.type] | flatten | join(" or ") end;

def limits($root):
    resolved($root)
    | [ if .maxLength and .minLength == .maxLength then "\(.maxLength) characters"
        elif .maxLength then "\(.minLength) to \(.maxLength) characters"
        else empty end,
        if has("maximum") then "\(.minimum) to \(.maximum)" else empty end,
        if has("default") then "left out: \(.default)" else empty end ]
    | join("; ");

# The members of an object, and those inside them: {name, schema, is_needed}
def members($root; $prefix):
    resolved($root)
    | (.required // []) as $required
    | .properties // {} | to_entries[] | .key as $key
    | {name: ($prefix + $key), schema: .value, is_needed: any($required[]; . == $key)},
      (.value | resolved($root)
        | if .type == "array" then .items | members($root; $prefix + $key + "[].")
          elif .type == "object" then members($root; $prefix + $key + ".")
          else empty end);

# In: an array of members. $rare: what is said of one that needn't be there.
def member_table($root; $rare):
    if length == 0 then "" else
    "<table class=\"members\">\n" + (map(
        "<tr><td><code>\(.name | @html)</code>"
        + (if .is_needed then "" else " <small>\($rare)</small>" end) + "</td><td>"
        + ([.schema | kind($root), limits($root)] | map(select(. != "")) | join("; ") | @html)
        + (.schema | resolved($root).description // "" | if . == "" then . else "<br>" + inline end)
        + "</td></tr>") | join("\n")) + "\n</table>" end;

# JSON with its members one below the other
def pretty($indent):
    ($indent + "  ") as $deeper
    | if type == "object" and . != {} then
        "{\n" + (to_entries | map("\($deeper)\(.key | tojson): \(.value | pretty($deeper))") | join(",\n"))
        + "\n\($indent)}"
      elif type == "array" and . != [] then
        "[\n" + (map($deeper + pretty($deeper)) | join(",\n")) + "\n\($indent)]"
      else tojson end;

def pretty: pretty("");
