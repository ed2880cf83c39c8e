#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Bytes, arrays and presets by the command: registered, set, printed, watched, as text
# and as JSON; what is refused, and with which words.

# $out and $err are set by expect(), and run_tests() finds the tests by their names.
# shellcheck disable=SC2154,SC2317

# shellcheck source=selftests/lstate_helpers.sh
. "$(dirname "$0")/lstate_helpers.sh"

# comes_back NAME VALUE...: each is printed as it was set.
comes_back()
{
	local value

	for value in "${@:2}"; do
		ok lstate set "$1" "$value"
		ok lstate get "$1"
		is "$out" "$value"
	done
}

test_values_are_printed_as_they_are_set()
{
	ok lstate register b --type bytes
	ok lstate get b
	is "$out" ''
	comes_back b AA== /wD/ ''
	ok lstate register f --type array --element f32
	ok lstate get f
	is "$out" 'f32[0]:'
	comes_back f 'f32[2,2]: 0.1 -0 inf nan' 'f32[]: 1e+10' 'f32[3,0]:'
	ok lstate register d --type array --element f64 --value 'f64[2]: 1,0.1'
	comes_back d 'f64[1]: 0.30000000000000004'
	ok lstate register i --type array --element s64 --rank 1
	comes_back i 's64[2]: -9223372036854775808 9223372036854775807'
	ok lstate register s --type array --element s32 --shape 2 --min -5 --max 5
	ok lstate get s
	is "$out" 's32[2]: 0 0'
	ok lstate register u --type array --element u8 --shape '' --value 'u8[]: 255'
	ok lstate get u b
	is "$out" $'u = u8[]: 255\nb = '
}

test_refusal_names_the_element_and_the_limit()
{
	ok lstate register s --type array --element s32 --shape 2,1 --min -5 --max 5
	expect 1 lstate set s 's32[2,1]: 5 6'
	is "$err" 'lstate: s: element 1: 6 is above the maximum 5'
	expect 1 lstate --json set s 's32[2,1]: -6 0'
	is "$err" '{"error":{"code":"ERANGE","message":"s: element 0: -6 is below the minimum -5","name":"s","value":-6,"limit":-5}}'
	expect 1 lstate set s 's32[1,2]: 0 0'
	is "$err" 'lstate: s: dimension 0 is 1, not 2'
	expect 1 lstate set s 's64[2,1]: 0 0'
	is "$err" 'lstate: s: elements are s32, not s64'
	expect 1 lstate set s '[0, 0]'
	has "$err" 's: "[0, 0]" is not an array'
	ok lstate register f --type array --element f64 --finite
	expect 1 lstate set f 'f64[1]: nan'
	is "$err" 'lstate: f: element 0: nan is not finite'
	ok lstate register b --type bytes --min-length 1 --max-length 2
	expect 1 lstate set b AAAA
	is "$err" 'lstate: b: the value has 3 bytes, more than the maximum 2'
	expect 1 lstate set b A
	has "$err" 'b: "A" is not a value of bytes'
	ok lstate get b s
	is "$out" $'b = AA==\ns = s32[2,1]: 0 0'
}

test_wrong_options_are_usage()
{
	expect 2 lstate register a --type array
	has "$err" 'type array wants --element: f32, f64, s32, s64 or u8'
	expect 2 lstate register a --type array --element f16
	has "$err" 'no element type "f16"'
	expect 2 lstate register a --type array --element u8 --shape 2,
	has "$err" '--shape wants at most 8 numbers, parted by commas, not "2,"'
	expect 2 lstate register a --type array --element u8 --shape 1,1,1,1,1,1,1,1,1
	has "$err" '--shape wants at most 8 numbers'
	expect 2 lstate register a --type array --element u8 --shape x
	has "$err" '--shape wants at most 8 numbers'
	expect 2 lstate register a --type array --element u8 --rank x
	has "$err" '--rank wants a number, not "x"'
	expect 2 lstate register a --type int --element u8
	has "$err" '--element does not go with type int'
	expect 2 lstate register a --type bytes --pattern x
	has "$err" '--pattern does not go with type bytes'
	expect 2 lstate register a --type array --element u8 --step 1
	has "$err" '--step does not go with type array'
	expect 1 lstate register a --type array --element u8 --rank 9
	has "$err" 'a: an array has at most 8 dimensions'
	expect 1 lstate register a --type array --element u8 --min -1
	has "$err" 'a: --min: "-1" does not fit into type uint'
	expect 1 lstate register a --type array --element u8 --shape 65537
	has "$err" 'a: an array of that shape has more than the maximum of 65536 bytes'
}

test_preset_is_type_constraints_and_label()
{
	ok lstate register m --preset module --value Kitchen
	expect 1 lstate set m kitchen
	is "$err" 'lstate: m: "kitchen" does not match the pattern "[A-Z]*"'
	ok lstate register e --preset embedding --shape 3
	ok lstate register t --preset tensor --shape 2,2 --element s32 --max 9 --label weights
	ok lstate list
	has "$out" 'm     1   string  module     0        Kitchen' \
		'e     2   array   embedding  0        f32[3]: 0 0 0' \
		't     3   array   weights    0        s32[2,2]: 0 0 0 0'
	expect 2 lstate register x --preset tensor
	has "$err" 'preset tensor wants --shape N,N...'
	expect 2 lstate register x --preset embedding --shape 2,2
	has "$err" 'preset embedding wants --shape N'
	expect 2 lstate register x --preset modul
	has "$err" 'no preset "modul"'
	expect 2 lstate register x --preset matrix --shape 2,2
	has "$err" 'no preset "matrix": there are module, embedding and tensor'
	expect 2 lstate register x --preset module --type string
	has "$err" '--type and --preset exclude each other'
}

test_json_has_type_shape_and_elements()
{
	ok lstate register f --type array --element f32 --rank 2 --max inf \
		--value 'f32[1,4]: 0.1 -0.0 inf -inf'
	ok lstate --json get f
	has "$out" '"type":"array"' '"element":"f32","rank":2,"max":"Infinity"' \
		'"value":{"element":"f32","shape":[1,4],"elements":[0.1,-0.0,"Infinity","-Infinity"]}'
	ok lstate register u --type array --element u8 --shape 2,0
	ok lstate --json get u
	has "$out" '"element":"u8","shape":[2,0]' \
		'"value":{"element":"u8","shape":[2,0],"elements":[]}'
	ok lstate register b --type bytes --value /wD/
	ok lstate --json get b
	has "$out" '"type":"bytes"' '"value":"/wD/"'
}

test_watch_prints_both_arrays()
{
	local watcher

	ok lstate register f --type array --element f32
	ok lstate register b --type bytes
	start "$work/text" lstate watch f b --count 2
	watcher=$started
	until_true is_watching "$watcher"
	ok lstate set f 'f32[2]: 1 0.5'
	ok lstate set b AAE=
	ends "$watcher" 0
	slurp out "$work/text"
	has "$out" 'f: f32[0]: -> f32[2]: 1 0.5 (version 1' 'b:  -> AAE= (version 1'
	start "$work/json" lstate --json watch f --count 1
	watcher=$started
	until_true is_watching "$watcher"
	ok lstate set f 'f32[]: nan'
	ends "$watcher" 0
	slurp out "$work/json"
	has "$out" '"old":{"element":"f32","shape":[2],"elements":[1.0,0.5]}' \
		'"new":{"element":"f32","shape":[],"elements":["NaN"]}'
}

test_recorded_array_is_rolled_back()
{
	ok lstate register f --type array --element f32
	start "$work/record" lstate record f "$work/file" --count 3
	until_true is_watching "$started"
	ok lstate set f 'f32[2]: nan -0'
	ok lstate set f 'f32[0,2]:'
	ends "$started" 0
	ok lstate rollback "$work/file" f
	ok lstate get f
	is "$out" 'f32[2]: nan -0'
}

run_tests "$0"
