# Till. `make` builds everything into build/; scripts/till does the rest.
#
# A new program is a new file cgi-bin/<service>/<verb>.c: nothing to add here.
# It becomes build/cgi-bin/<service>-<verb>. Files named *_json.c are shared
# by a service's programs.

BUILD ?= build
CC ?= gcc
CFLAGS ?= -O2 -g
SANITIZE ?=

WARNINGS = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
    -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla \
    -Wundef
HARDENING = -fstack-protector-strong -fstack-clash-protection -fPIE \
    -D_FORTIFY_SOURCE=2
LINK_HARDENING = -pie -Wl,-z,relro,-z,now,-z,noexecstack
ifeq ($(SANITIZE),1)
HARDENING = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
    -fno-omit-frame-pointer -fPIE
LINK_HARDENING = -pie -fsanitize=address,undefined
endif

# FAULTS=1, into a BUILD of its own: with fault points (lib/io/fault.h)
ifeq ($(FAULTS),1)
HARDENING += -DTILL_FAULTS
endif

# V=1 shows the whole commands
Q = $(if $(V),,@)
ifneq ($(V),1)
say = @echo "  $(1) $(2)"
endif

DEPENDENCIES = libcjson sqlite3 libmongoc-1.0 libcurl libjwt libsodium
DEPENDENCY_CFLAGS := $(shell pkg-config --cflags $(DEPENDENCIES))
DEPENDENCY_LIBS := $(shell pkg-config --libs $(DEPENDENCIES))

ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -Ilib -include base/banned.h \
    -fvisibility=hidden -pthread -MMD -MP \
    $(WARNINGS) $(HARDENING) $(CFLAGS) $(DEPENDENCY_CFLAGS)
LDLIBS = -Wl,--as-needed -lfcgi $(DEPENDENCY_LIBS) -lm -pthread

LIB_SOURCES := $(wildcard lib/*/*.c)
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/obj/%.o) \
    $(BUILD)/obj/gen/migrations.o
LIB = $(BUILD)/libtill.a

SHARED := $(wildcard cgi-bin/*/*_json.c)
PROGRAM_SOURCES := $(filter-out $(SHARED),$(wildcard cgi-bin/*/*.c))
# cgi-bin/order/create.c -> build/cgi-bin/order-create
PROGRAMS := $(foreach source,$(PROGRAM_SOURCES),$(BUILD)/cgi-bin/$(subst \
    /,-,$(patsubst cgi-bin/%.c,%,$(source))))
# scripts/admin.c -> build/bin/till-admin; scripts/admin_*.c are parts of it
TOOLS := $(patsubst scripts/%.c,$(BUILD)/bin/till-%,$(filter-out \
    $(wildcard scripts/*_*.c),$(wildcard scripts/*.c)))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard \
    tests/unit/*_test.c))
TEST_TOOLS := $(patsubst tests/tools/%.c,$(BUILD)/tests/tools/%,$(wildcard \
    tests/tools/*.c))
STORM := $(BUILD)/tests/till-storm
# every program that has a route, linked to say what it takes
TOLD := $(patsubst $(BUILD)/cgi-bin/%,$(BUILD)/tests/openapi/%,$(filter-out \
    %-worker,$(PROGRAMS)))
BENCH_TOOLS := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(wildcard \
    tests/bench/*.c))
SANDBOX_SOURCES := $(wildcard tests/sandbox/*.c)
SANDBOX := $(if $(SANDBOX_SOURCES),$(BUILD)/tests/till-sandbox)
DISK_TOOL_SOURCES := $(filter-out %/recorder.c %/failing.c,$(wildcard \
    tests/disk/*.c))
DISK := $(BUILD)/tests/till-disk $(BUILD)/tests/disk-recorder.so \
    $(BUILD)/tests/disk-failing.so

PAGES := $(BUILD)/pages/docs/index.html

all: check-rooms $(LIB) $(PROGRAMS) $(TOOLS) $(SANDBOX) $(PAGES)

# what the tests need besides the programs
unit-tests: $(UNIT_TESTS) $(TEST_TOOLS) $(TOLD) $(STORM) $(DISK) $(BENCH_TOOLS)

# Only the rooms' own neighbours may be included; a breach fails the build.
check-rooms:
	$(Q)scripts/check-rooms

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/obj/gen/migrations.o: $(BUILD)/gen/migrations.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/gen/migrations.c: scripts/embed-migrations $(wildcard sql/*/*.sql)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)scripts/embed-migrations sql >$@.new && mv $@.new $@

# the reference and the problems' pages: of the API's description
$(PAGES): docs/openapi.yaml $(wildcard docs/pages/*) scripts/write-pages
	$(call say,GEN,$(BUILD)/pages)
	$(Q)scripts/write-pages $(BUILD)/pages

$(LIB): $(LIB_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# One rule a program, since its objects are in its service's folder.
define program
$(BUILD)/cgi-bin/$(subst /,-,$(1)): $(call program_objects,$(1)) $(LIB)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LINK_HARDENING) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
$(BUILD)/tests/openapi/$(subst /,-,$(1)): $(call program_objects,$(1)) \
    $(BUILD)/obj/tests/openapi/app.o $(LIB)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LINK_HARDENING) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
program_objects = $(BUILD)/obj/cgi-bin/$(1).o $(patsubst \
    %.c,$(BUILD)/obj/%.o,$(filter cgi-bin/$(dir $(1))%,$(SHARED)))
$(foreach source,$(PROGRAM_SOURCES),$(eval $(call program,$(patsubst \
    cgi-bin/%.c,%,$(source)))))

# so that a prerequisite may be looked for by the name of the target
.SECONDEXPANSION:
$(BUILD)/bin/till-%: $(BUILD)/obj/scripts/%.o \
    $$(addprefix $(BUILD)/obj/,$$(addsuffix .o,$$(basename \
    $$(wildcard scripts/$$*_*.c)))) \
    $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK_HARDENING) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK_HARDENING) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(BUILD)/tests/tools/%: $(BUILD)/obj/tests/tools/%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK_HARDENING) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK_HARDENING) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The sandbox, the storm and what Till is measured against and with are
# strangers to it: they use nothing of lib/.
STRANGER_CFLAGS = $(filter-out -Ilib -include base/banned.h,$(ALL_CFLAGS)) \
    -include lib/base/banned.h
$(BUILD)/obj/tests/sandbox/%.o $(BUILD)/obj/tests/storm/%.o \
    $(BUILD)/obj/tests/bench/%.o: \
    ALL_CFLAGS := $(STRANGER_CFLAGS)

$(SANDBOX): $(SANDBOX_SOURCES:%.c=$(BUILD)/obj/%.o)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK_HARDENING) $(LDFLAGS) -o $@ $^ -Wl,--as-needed -lmicrohttpd \
	    $(DEPENDENCY_LIBS) -lm -pthread

$(STORM): $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/storm/*.c))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK_HARDENING) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/till-disk: $(DISK_TOOL_SOURCES:%.c=$(BUILD)/obj/%.o)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LINK_HARDENING) $(LDFLAGS) -o $@ $^ -pthread

# Preloaded into any program: without what a sanitizer would put between it and
# the kernel.
$(BUILD)/tests/disk-recorder.so: tests/disk/journal.c tests/disk/journal.h
$(BUILD)/tests/disk-%.so: tests/disk/%.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -fPIC -shared -fvisibility=hidden \
	    -pthread $(WARNINGS) $(CFLAGS) -o $@ $(filter %.c,$^)

run test:
	scripts/till $@

# never fails because something was slow; BENCH=full takes longer
bench: all $(BENCH_TOOLS)
	scripts/till setup --bench
	TILL_BUILD=$(BUILD) tests/bench/run

# DESTDIR, PREFIX and others: scripts/install-tree
install: all
	scripts/install-tree $(BUILD)

# into DEB; dh wants to write beside debian/, which the checkout is too good for
DEB ?= $(BUILD)/deb
deb: all
	rm -rf $(DEB) && mkdir -p $(DEB)/till && cp -r debian $(DEB)/till
	cd $(DEB)/till && TILL_ROOT='$(CURDIR)' TILL_BUILD='$(abspath $(BUILD))' \
	    DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage -b -us -uc

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

.PHONY: all unit-tests check-rooms run test bench install deb clean
.SECONDARY:
.DELETE_ON_ERROR:
