#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Bad input, at every door of a running cluster: a clear error, and nothing
# changes.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

readonly memory_max_kib=$((300 * 1024))

# send PORT: sends stdin and reads what comes back, for at most 5 s.
send() {
  timeout 5 bash -c "exec 3<> /dev/tcp/127.0.0.1/$1; cat >&3; cat <&3" \
    2> /dev/null || true
}

# tls PORT CERTIFICATE KEY: the same over TLS, with that certificate.
tls() {
  timeout 5 openssl s_client -connect "127.0.0.1:$1" -CAfile "$dir/ca/ca.pem" \
    -cert "$2" -key "$3" -quiet 2>&1 || true
}

step 'three machines'
expect 0 muster up --machines 3 --shards 8 --detach
expect 0 muster put /a/b before
pids=$(pid_of m1; pid_of m2; pid_of m3)
url=http://127.0.0.1:$(port_of m1 http_port)
token="Authorization: Bearer $(< "$dir/m1/data/token")"

step 'keys and values'
expect 2 muster put $'/a/\xff' x
said 'not valid UTF-8'
expect 2 muster put "/$(printf 'k%.0s' {1..1024})" x
said 'the limit is 1024'
expect 2 muster put a x
expect 2 muster put /a//b x
expect 2 muster put / x
head -c 1048577 /dev/zero > "$work/large"
expect 2 muster put /a/b - < "$work/large"
said '1048576'
http 400 -X PUT -H "$token" -d x "$url/v1/records/a/%FF"
said 'not valid UTF-8'
http 413 -X PUT -H "$token" --data-binary "@$work/large" "$url/v1/records/a/b"
said '"applied":"no"'
head -c 20000000 /dev/zero > "$work/larger"
http 413 -X PUT -H "$token" --data-binary "@$work/larger" "$url/v1/records/a/b"
http 400 -X POST -H "$token" -d '{"operations":[{"put":{"key":"/a/b"}}]}' \
  "$url/v1/commands"
said 'operations[0].put: `value` is missing'

step 'lines'
{
  echo '{"key":"/lines/1","value":1}'
  echo '{"key":"/lines/2","value":2}'
  echo '{"key":"/lines/3","value":'
  echo '{"key":"/lines/4","value":4}'
} > "$work/lines.jsonl"
expect 2 muster load "$work/lines.jsonl"
said 'line 3: '
said 'applied: 2 records'
said '2 records were applied before and stay'
expect 0 muster get /lines/2
expect 3 muster get /lines/4

step 'machines and tokens'
expect 3 muster get /a/b -m m9
said 'it has m1, m2, m3'
printf 'wrong\n' > "$work/token"
chmod 600 "$work/token"
expect 7 muster put /a/b x --address "${url#http://}" \
  --token-file "$work/token"
said 'denied'
http 401 -X PUT -d x "$url/v1/records/a/b"
http 401 -X DELETE "$url/v1/records/a/b"

step 'a certificate of another CA'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
  -subj /CN=m2 -keyout "$work/m2.key" -out "$work/m2.pem" 2> /dev/null
answer=$(tls "$(port_of m1 peer_port)" "$work/m2.pem" "$work/m2.key" \
  < /dev/null)
[[ $answer == *alert* ]] || fail "another CA was not refused: $answer"

step 'garbage on every port, with and without TLS'
for machine in m1 m2 m3; do
  for port in "$(port_of "$machine" peer_port)" \
    "$(port_of "$machine" http_port)"; do
    head -c 65536 /dev/urandom | send "$port" > /dev/null
    printf '\xff\xff\xff\xff\xff\xff\xff\xff' | send "$port" > /dev/null
  done
  {
    printf '\xff\xff\xff\xff'
    head -c 4096 /dev/urandom
  } | tls "$(port_of "$machine" peer_port)" "$dir/m2/m2.pem" \
    "$dir/m2/m2.key" > /dev/null
done

step 'nothing changed'
expect 0 muster get /a/b
[[ $(< "$work/stdout") == before ]] || fail "/a/b is $(< "$work/stdout")"
expect 0 muster ls / -o json
(($(grep -o '"key"' "$work/stdout" | wc -l) == 3)) || fail 'not three records'
[[ $(pid_of m1; pid_of m2; pid_of m3) == "$pids" ]] || fail 'a machine died'
for pid in $pids; do
  used=$(awk '/^VmRSS/ {print $2}' "/proc/$pid/status")
  ((used < memory_max_kib)) || fail "process $pid has $used KiB"
done
eventually 20 muster put /a/c after > /dev/null
expect 0 muster status
said '8 of 8 shards served'

step 'directories'
expect 1 muster up --machines 3
said 'runs already'
expect 2 muster up --machines 5 --detach
said '--machines 3, not 5'
mkdir "$work/other"
echo 1 > "$work/other/file"
expect 2 timeout 60 "$bin/muster" --dir "$work/other" up
said 'neither empty nor'
expect 1 timeout 60 "$bin/muster" --dir "$work/third" up --machines 1 \
  --base-port "$(port_of m1 peer_port)"
said 'ports are in use'
[[ ! -e $work/third ]] || fail 'a failed up left a directory behind'
echo 'passed'
