# What the Makefile lets nobody write.

load ../lib.bash

setup() {
    cd "$BATS_TEST_TMPDIR"
    ln -s "$root/Makefile" "$root/lib" .
    mkdir -p scripts tests/sandbox
}

# compile OBJECT ...: as the Makefile compiles all of Till
compile() {
    env -u MAKEFLAGS -u MAKELEVEL make -k BUILD=build "$@" 2>&1
}

# source_of FILE STATEMENT: a program of nothing else
source_of() {
    printf '%s\n' 'int main(int count, char **words) {' \
        'char text[99] = ""; (void)text; (void)count; (void)words;' \
        "$2" 'return 0; }' >"$1"
}

banned='strcpy(text, words[0])
strcat(text, words[0])
strncpy(text, words[0], 9)
strncat(text, words[0], 9)
sprintf(text, "%s", words[0])
vsprintf(text, words[0], NULL)
gets(text)
strtok(text, ",")
atoi(words[0])
atol(words[0])
atoll(words[0])
atof(words[0])
gmtime(NULL)
localtime(NULL)'

@test "a call that is banned does not compile, in Till or in what tests it" {
    local call name said objects=()
    while read -r call; do
        name=${call%%(*}
        source_of "scripts/$name.c" "$call;"
        source_of "tests/sandbox/$name.c" "$call;"
        objects+=("build/obj/scripts/$name.o" "build/obj/tests/sandbox/$name.o")
    done <<<"$banned"
    run compile "${objects[@]}"
    [ "$status" != 0 ]
    [ -z "$(find build -name '*.o')" ]
    said=$output
    while read -r call; do
        name=${call%%(*}
        [ "$(grep -c "error: .sorry_${name}_is_banned" <<<"$said")" = 2 ] ||
            { echo "$name is not banned: $said"; return 1; }
    done <<<"$banned"
}

@test "what takes its place compiles" {
    source_of scripts/good.c 'snprintf(text, sizeof text, "%s", words[0]);'
    source_of tests/sandbox/good.c 'snprintf(text, sizeof text, "%s", words[0]);'
    compile build/obj/scripts/good.o build/obj/tests/sandbox/good.o
}
