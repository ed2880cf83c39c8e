#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lstate export and import: a session comes back as it was, to the byte; what is
# broken or refused is told, and changes nothing that it must not change.

# $out and $err are set by expect(), perl's variables are not the shell's, and
# run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2016,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

# The other session of a test.
other=$LSTATE_SESSION.other

# Every type, and the values that are easily lost.
fill()
{
	local name type element form value

	while read -r name type value; do
		ok lstate register "$name" --type "$type" --value "$value"
	done <<-'END'
	bool bool true
	int/min int -9223372036854775808
	int/max int 9223372036854775807
	uint/max uint 18446744073709551615
	float/inf float inf
	float/-inf float -inf
	float/nan float nan
	float/-0 float -0.0
	float/tiny float 4.94065645841247e-324
	float/huge float 1.7976931348623157e308
	float/0.1 float 0.1
	float/whole float 20
	END
	while read -r name element form value; do
		ok lstate register "array/$name" --type array --element "$element" "$form" \
			--value "$element$value"
	done <<-'END'
	f32 f32 --rank=2 [2,3]: 0.1 -0.0 1e-45 inf -inf nan
	f32/limits f32 --min=-0.1 [1]: 3.40282347e38
	f64 f64 --finite [2]: 0.1 -1.7976931348623157e308
	f64/nan f64 --shape=2 [2]: nan -nan
	s32 s32 --max=2147483647 [2]: -2147483648 2147483647
	s64 s64 --min=-9223372036854775808 [2]: -9223372036854775808 9223372036854775807
	u8 u8 --shape=2,1,1,1,1,1,1,1 [2,1,1,1,1,1,1,1]: 0 255
	rank0 u8 --shape= []: 7
	none s64 --rank=3 [4294967295,0,2]:
	empty f32 --label=x [0]:
	END
	ok lstate register bytes/empty --type bytes
	ok lstate register bytes/all --type bytes --min-length 3 --max-length 5 --value /wD/4A==
	ok lstate register embedding --preset embedding --shape 4
	ok lstate set embedding 'f32[4]: 1 2.5 -0.0 1e-20' --meta model=m
	ok lstate register empty --type string
	ok lstate register deleted --type string
	ok lstate register text --type string --value $'e\u0301 "q" \\ / \x01\t\n\x7f \u2028 \U1F600'
	ok lstate register limits --type int --min -5 --max 9223372036854775807 --step 5 \
		--value 0 --label percent --description $'wie "gro\u00df"?'
	ok lstate register float/limits --type float --min -0.0 --max inf
	ok lstate register pattern --type string --min-length 1 --max-length 9 \
		--pattern '[A-Z]*' --value A
	ok lstate register choice --type choice --choices 'b "1",a' --value a
	ok lstate register constant --type int --value 7 --read-only
	ok lstate register once --type int --write-once
	ok lstate set once 1
	ok lstate set choice 'b "1"' --meta unit=none --meta 'a b=c=d' --meta empty=
	ok lstate set limits 5
	ok lstate set limits 10
	ok lstate delete deleted
}

test_round_trip_is_byte_identical()
{
	fill
	ok lstate export "$work/a.json"
	lines "$work/a.json" 35
	ok lstate list --json
	lstate list --json | sed 's/"\(created\|changed\)_ns":[0-9]*,//g; s/"pid":[0-9]*,//g' > "$work/a"
	ok lstate session destroy "$LSTATE_SESSION"
	ok lstate import --quiet "$work/a.json"
	is "$out" '33 created, 0 changed, 0 equal, 0 refused'
	ok lstate export "$work/b.json"
	cmp "$work/a.json" "$work/b.json" || fail 'export is another one'
	lstate list --json | sed 's/"\(created\|changed\)_ns":[0-9]*,//g; s/"pid":[0-9]*,//g' > "$work/b"
	cmp "$work/a" "$work/b" || fail 'list is another one'
	ok lstate get text
	is "$out" $'e\u0301 "q" \\ / \x01\t\n\x7f \u2028 \U1F600'
	expect 1 lstate set constant 8
	expect 1 lstate set once 2
	# The id of the variable that was deleted is not given again.
	ok lstate register next --type int --json
	has "$out" '"id":35'
}

test_dry_run_refuses_what_takes_no_set()
{
	ok lstate register constant --type int --value 7 --read-only
	ok lstate register once --type int --write-once
	ok lstate set once 1
	ok lstate export "$work/flags.json"
	sed -i 's/"value":[0-9]*/"value":8/' "$work/flags.json"
	expect 1 lstate import --dry-run "$work/flags.json"
	has "$err" 'constant: it is read-only' 'once: it was written once already'
	has "$out" '0 created, 0 changed, 0 equal, 2 refused'
	expect 1 lstate import "$work/flags.json"
	has "$err" 'constant: it is read-only' 'once: it was written once already'
	has "$out" '0 created, 0 changed, 0 equal, 2 refused'
}

test_dry_run_refuses_what_another_has_claimed()
{
	ok lstate register free --type int --value 1
	ok lstate register held --type int --value 1
	ok lstate export "$work/both.json"
	sed -i 's/"value":1/"value":2/' "$work/both.json"
	ok lstate claim held -- sh -c "
		env -u LSTATE_FD lstate -s '$LSTATE_SESSION' import --dry-run '$work/both.json' \
			>'$work/told' 2>&1; test \$? = 1 &&
		lstate import --dry-run '$work/both.json'"
	has "$(cat "$work/told")" 'held: it is claimed by process' 'changed free' '1 changed, 0 equal, 1 refused'
	has "$out" 'changed free' 'changed held' '2 changed, 0 equal, 0 refused'
	ok lstate get free held
	is "$out" $'free = 1\nheld = 1'
}

test_export_is_json_that_others_read()
{
	fill
	ok lstate export "$work/a.json"
	perl -MJSON::PP -0777 -ne '
		my $all = JSON::PP->new->utf8->allow_bignum->decode($_);
		my %by = map { $_->{name} => $_ } @{$all->{variables}};
		$all->{localstate} == 1 or die "head";
		@{$all->{variables}} == 33 or die "number";
		$by{"int/min"}{value} eq "-9223372036854775808" or die "int";
		$by{"uint/max"}{value} eq "18446744073709551615" or die "uint";
		$by{"float/inf"}{value} eq "Infinity" or die "inf";
		$by{"float/nan"}{value} eq "NaN" or die "nan";
		$by{"bytes/all"}{value} eq "/wD/4A==" or die "bytes";
		my $f32 = $by{"array/f32"}{value};
		"@{$f32->{shape}}" eq "2 3" or die "shape";
		$f32->{elements}[3] eq "Infinity" or die "element";
		$by{"array/s64"}{value}{elements}[0] eq "-9223372036854775808" or die "s64";
		@{$by{"array/none"}{value}{elements}} == 0 or die "none";
		$by{choice}{metadata}{"a b"} eq "c=d" or die "metadata";
		$by{limits}{version} == 2 or die "version";
		$by{text}{value} eq "e\x{301} \"q\" \\ / \x01\t\n\x7f \x{2028} \x{1f600}" or die "text";
	' "$work/a.json" || fail 'not what it should be'
	has "$(grep '"float/-0"' "$work/a.json")" '"value":-0.0}'
}

test_export_goes_by_pattern_and_to_stdout()
{
	ok lstate register a1 --type int
	ok lstate register b1 --type int
	ok lstate export --pattern 'a*'
	is "$out" $'{"localstate":1,"variables":[\n{"id":1,"version":0,"name":"a1","type":"int","value":0}\n]}'
	ok lstate export --pattern 'c*'
	is "$out" $'{"localstate":1,"variables":[\n]}'
	cp "$work/out" "$work/none.json"
	ok lstate import - < "$work/none.json"
	is "$out" '0 created, 0 changed, 0 equal, 0 refused'
}

test_file_is_replaced_as_a_whole()
{
	ok lstate register a --type int
	echo old > "$work/a.json"
	chmod 600 "$work/a.json"
	ok lstate export "$work/a.json"
	is "$(stat -c %a "$work/a.json")" 644
	expect 3 lstate -s nowhere export "$work/a.json"
	lines "$work/a.json" 3
	is "$(echo "$work"/a.json*)" "$work/a.json"
	expect 3 lstate export "$work/absent/a.json"
	has "$err" "cannot write $work/absent/a.json: No such file or directory"
}

test_full_disk_is_told()
{
	ok lstate register a --type int
	expect 1 lstate export /dev/full
	has "$err" 'cannot write /dev/full: No space left on device'
	expect 1 sh -c 'lstate export > /dev/full'
	has "$err" 'cannot write: No space left on device'
	mkdir "$work/small"
	mount -t tmpfs -o size=4k none "$work/small"
	ok lstate register large --type string --value "$(printf '%08000d' 0)"
	expect 1 lstate export "$work/small/a.json"
	has "$err" 'No space left on device'
	is "$(ls "$work/small")" ''
	umount "$work/small"
}

test_merge_tells_each_entry()
{
	ok lstate register a --type int --value 1
	ok lstate register b --type int --value 2
	ok lstate register c --type int --value 3
	ok lstate register d --type int --value 4 --max 9
	ok lstate export "$work/a.json"
	ok lstate set b 20
	ok lstate delete a
	ok lstate delete c
	ok lstate register c --type float
	ok lstate delete d
	ok lstate register d --type int --max 10 --label l
	expect 1 lstate import "$work/a.json"
	is "$out" $'created a\nchanged b\n1 created, 1 changed, 0 equal, 2 refused'
	is "$err" "lstate: $work/a.json:4: c: the variable that is there is of type float, not int
lstate: $work/a.json:5: d: the variable that is there has another max, label"
	ok lstate get a b c d
	is "$out" $'a = 1\nb = 2\nc = 0\nd = 0'
	expect 1 lstate import "$work/a.json" --json
	json "$work/out" '$_->{status} eq ($_->{name} =~ /[ab]/ ? "equal" : "refused")
		and $_->{line} >= 2 and defined $_->{reason} == ($_->{status} eq "refused")'
	lines "$work/out" 4
	has "$err" '{"error":{"code":"EINVAL"' '"name":"c"'
}

test_dry_run_changes_nothing()
{
	ok lstate register a --type int --value 1
	ok lstate register b --type int --value 2
	ok lstate export "$work/a.json"
	ok lstate delete a
	ok lstate set b 3
	ok lstate export "$work/b.json"
	ok lstate import --dry-run "$work/a.json"
	is "$out" $'created a\nchanged b\n1 created, 1 changed, 0 equal, 0 refused: nothing was changed, this was a dry run'
	ok lstate export "$work/c.json"
	cmp "$work/b.json" "$work/c.json" || fail 'something has changed'
	# Nor is a session made.
	ok lstate -s "$other" import --dry-run "$work/a.json"
	has "$out" '2 created'
	expect 3 lstate -s "$other" list
}

# What a file gets for each variable: ENTRY...
file()
{
	local IFS=,

	printf '{"localstate":1,"variables":[%s]}\n' "$*" > "$work/file"
}

test_atomic_import_does_all_or_nothing()
{
	ok lstate register b --type int --value 2
	file '{"name":"a","type":"int","value":1}' '{"name":"b","type":"int","value":7}' \
		'{"name":"c","type":"int","max":5,"value":6}'
	ok lstate export "$work/a.json"
	expect 1 lstate import --atomic "$work/file"
	is "$out" '0 created, 0 changed, 0 equal, 1 refused: nothing was changed'
	is "$err" "lstate: $work/file:1: c: 6 is above the maximum 5"
	ok lstate export "$work/b.json"
	cmp "$work/a.json" "$work/b.json" || fail 'something has changed'
	expect 1 lstate import "$work/file"
	is "$out" $'created a\nchanged b\n1 created, 1 changed, 0 equal, 1 refused'
	file '{"name":"a","type":"int","value":3}' '{"name":"d","type":"int","value":4}'
	ok lstate import --atomic "$work/file"
	is "$out" $'changed a\ncreated d\n1 created, 1 changed, 0 equal, 0 refused'
}

# The check has passed, and then a limit is reached.
test_atomic_import_takes_back_what_it_did()
{
	local limit=/sys/module/localstate/parameters/max_user_variables old i

	for i in {1..20}; do
		ok lstate register "v$i" --type int
	done
	ok lstate set v1 5 --meta k=old
	ok lstate export "$work/all.json"
	for i in {2..20}; do
		ok lstate delete "v$i"
	done
	ok lstate set v1 6 --meta k=new
	read -r old < "$limit"
	echo 10 > "$limit"
	expect 1 lstate import --atomic --quiet "$work/all.json"
	echo "$old" > "$limit"
	has "$err" 'the limit of 10 variables of this user is reached'
	ok lstate list
	lines "$work/out" 2
	ok lstate get v1 --json
	has "$out" '"value":6' '"k":"new"'
}

# refused LINE MESSAGE: of $work/file, which changes nothing.
refused()
{
	expect 1 lstate import "$work/file"
	is "$err" "lstate: $work/file: line $1: $2"
	is "$out" ''
	expect 1 lstate import --atomic "$work/file"
	expect 1 lstate import --dry-run "$work/file"
	ok lstate list
	lines "$work/out" 1
}

# What is wrong with it is the library's to tell: library_import_file_test.
test_broken_file_changes_nothing()
{
	ok lstate session create "$LSTATE_SESSION"
	: > "$work/file"
	refused 1 '"{" is wanted, not the end of the file'
	printf '{"variables":[\n{"name":"a","type":"int"},\n{"name":"b","type":"int","mim":3}]}' \
		> "$work/file"
	refused 3 'b: "mim" is no member of a variable'
}

# What the kernel says of one entry does not concern the others.
test_refused_entry_leaves_the_others()
{
	file '{"name":"a","type":"int"}' '{"name":"b c","type":"int"}' \
		'{"name":"d","type":"int","max":3,"value":4}' \
		'{"name":"e","type":"string","value":"\u0000"}' '{"name":"f","type":"int"}'
	expect 1 lstate import "$work/file"
	is "$out" $'created a\ncreated f\n2 created, 0 changed, 0 equal, 3 refused'
	has "$err" 'd: 4 is above the maximum 3' 'e: the value is not valid UTF-8'
}

test_unreadable_file_is_told()
{
	ok lstate session create "$LSTATE_SESSION"
	expect 3 lstate import "$work/absent"
	has "$err" "cannot read $work/absent: No such file or directory"
	expect 1 lstate import "$work"
	has "$err" 'cannot read the file: Is a directory'
	expect 2 lstate import
	expect 2 lstate import a b
	expect 1 lstate import - < /proc/self/mem
	has "$err" 'cannot read the file'
	expect 1 sh -c 'lstate import - <&-'
	has "$err" 'cannot read the file: Bad file descriptor'
}

test_pipe_is_read_like_a_file()
{
	fill
	ok lstate export "$work/a.json"
	lstate export | lstate -s "$other" import - > "$work/out" || fail 'import from a pipe'
	has "$(< "$work/out")" '33 created'
	ok lstate -s "$other" export "$work/b.json"
	cmp "$work/a.json" "$work/b.json" || fail 'export is another one'
	ok lstate session destroy "$other"
}

# Once the session has given an id by itself, those of the file come too late.
test_used_session_gives_new_ids()
{
	ok lstate register x --type int
	ok lstate delete x
	file '{"id":40,"version":3,"name":"a","type":"int","value":1}'
	ok lstate import "$work/file"
	ok lstate get a --json
	has "$out" '"id":2' '"version":0'
}

test_no_session_is_made_for_nothing()
{
	file '{"name":"a","type":"int"}' '{"name":"a"'
	expect 1 lstate import "$work/file"
	has "$err" "lstate: $work/file: line 1: "
	expect 1 lstate import - < <(cat "$work/file")
	has "$err" 'lstate: stdin: line 1: '
	file '{"name":"a","type":"int"}' '{"name":"b","type":"int","value":3,"max":2}'
	expect 1 lstate import --atomic "$work/file"
	has "$err" "$work/file:1: b"
	is "$out" '0 created, 0 changed, 0 equal, 1 refused: nothing was changed'
	expect 3 lstate list
	expect 1 lstate import "$work/file"
	is "$out" $'created a\n1 created, 0 changed, 0 equal, 1 refused'
	ok lstate session destroy "$LSTATE_SESSION"
	file '{"name":"a","type":"int"}'
	ok lstate import - < <(cat "$work/file")
	is "$out" $'created a\n1 created, 0 changed, 0 equal, 0 refused'
}

test_rights_are_needed()
{
	ok lstate session create "$LSTATE_SESSION"
	file '{"name":"a","type":"int"}'
	chmod 755 "$work"
	expect 1 setpriv --reuid 1000 --clear-groups lstate import "$work/file"
	has "$err" 'the session does not grant the right to write'
	expect 1 setpriv --reuid 1000 --clear-groups lstate import --dry-run "$work/file"
	has "$err" 'the session does not grant the right to write'
	is "$out" ''
	ok setpriv --reuid 1000 --clear-groups lstate export
	ok lstate register a --type int --value 1
	ok lstate claim a -- lstate import "$work/file"
	file '{"name":"a","type":"int","value":2}'
	ok lstate claim a -- lstate import --atomic "$work/file"
	ok lstate get a
	is "$out" 2
}

run_tests "$0"
