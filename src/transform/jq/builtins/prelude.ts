/** Functions of jq that are written in jq. Each is compiled where a query uses it. */
export const PRELUDE = `
def recurse: recurse(.[]?);
def recurse(f): def each: ., (f | each); each;
def recurse(f; condition): def each: ., (f | select(condition) | each); each;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type | . == "array" or . == "object");
def scalars: select(type | . != "array" and . != "object");
def finites: select(isinfinite or isnan | not);
def normals: select(isnormal);
def map_values(f): .[] |= f;
def from_entries: reduce .[] as $entry ({}; . + ($entry
  | {(.key // .Key // .name // .Name): (if has("value") then .value else .Value end)}));
def with_entries(f): to_entries | map(f) | from_entries;
def del(f): delpaths([path(f)]);
def reverse: if type == "array" then _reversed else [.[length - 1 - range(0; length)]] end;
def paths: path(..) | select(length > 0);
def paths(f): path(.. | select(f)) | select(length > 0);
def pick(f): . as $all | reduce path(f) as $path (null; setpath($path; $all | getpath($path)));
def first(f): label $found | f | ., break $found;
def first: .[0];
def last: .[-1];
def nth($n): .[$n];
def nth($n; f): if $n < 0 then error("nth doesn't support negative indices") else first(skip($n; f)) end;
def isempty(f): label $found | (f | false, break $found), true;
def any(f; condition): label $found | (f | condition | select(.) | true, break $found), false;
def all(f; condition): label $found | (f | condition | select(. | not) | false, break $found), true;
def any(condition): any(.[]; condition);
def all(condition): all(.[]; condition);
def any: any(.);
def all: all(.);
def in(container): . as $key | container | has($key);
def inside(container): . as $part | container | contains($part);
def index($part): indices($part) | .[0];
def rindex($part): indices($part) | .[-1];
def join($separator): reduce .[] as $part (null;
  (if . == null then "" else . + $separator end)
  + ($part | if . == null then "" elif type == "boolean" or type == "number" then tojson else . end)) // "";
def walk(f): def each:
  if type == "object" then map_values(each) elif type == "array" then map(each) else . end | f; each;
def transpose: [range(0; map(length) | max // 0) as $column | [.[] | .[$column]]];
def combinations: if length == 0 then [] else .[0][] as $head | (.[1:] | combinations) as $tail | [$head] + $tail end;
def combinations($n): . as $choices | [range($n)] | map($choices) | combinations;
def env: $ENV;
def match($regex): _matches($regex; null; false) | .[];
def match($regex; $modifiers): _matches($regex; $modifiers; false) | .[];
def capture($regex): capture($regex; null);
def capture($regex; $modifiers): match($regex; $modifiers)
  | [.captures[] | select(.name != null) | {key: .name, value: .string}] | from_entries;
def scan($regex): scan($regex; null);
def scan($regex; $modifiers): _matches($regex; $modifiers; true) | .[]
  | if .captures == [] then .string else [.captures[].string] end;
def splits($regex): splits($regex; null);
def splits($regex; modifiers): split($regex; modifiers) | .[];
def sub($regex; replacement): _sub($regex; replacement; "");
def sub($regex; replacement; $modifiers): _sub($regex; replacement; $modifiers);
def gsub($regex; replacement): _sub($regex; replacement; "g");
def gsub($regex; replacement; $modifiers): _sub($regex; replacement; $modifiers + "g");
def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");
def fromdate: fromdateiso8601;
def todate: todateiso8601;
def date: todate;
def dateadd(unit; $seconds): . + $seconds;
def datesub(unit; $seconds): . - $seconds;
def tostream: path(def each: (.[]? | each), .; each) as $path | getpath($path)
  | reduce path(.[]?) as $key ([$path, .]; [$path + $key]);
def fromstream(events): {value: null, done: false} as $start | foreach events as $event ($start;
  if .done then $start else . end
  | if ($event | length) == 2
    then setpath(["done"]; ($event[0] | length) == 0) | setpath(["value"] + $event[0]; $event[1])
    else setpath(["done"]; ($event[0] | length) == 1) end;
  if .done then .value else empty end);
def truncate_stream(stream): . as $depth | null | stream | . as $event
  | if (.[0] | length) > $depth then setpath([0]; .[0][$depth:]) else empty end;
def ascii: [.] | implode;
def INDEX(stream; key): reduce stream as $row ({}; .[$row | key | tostring] |= $row);
def INDEX(key): INDEX(.[]; key);
def IN(stream): any(stream == .; .);
def IN(source; stream): any(source == stream; .);
def JOIN($index; key): [.[] | [., $index[key]]];
def JOIN($index; stream; key): stream | [., $index[key]];
def JOIN($index; stream; key; joined): stream | [., $index[key]] | joined;
def halt_error: halt_error(5);
def debug(message): (message | debug | empty), .;
def inputs: try repeat(input) catch if . == "break" then empty else error end;
`
