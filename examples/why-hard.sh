#!/bin/sh
# Why inference in a belief net is hard, in three small nets; docs/hard.md explains what is seen. why-hard.sh [FOLDER]
set -eu
harmonium=${HARMONIUM_PROGRAM:-harmonium}
folder=${1:-why-hard}
nets=$(dirname "$0")/nets
seen="left=1,right=1,top=1,low=0"
mkdir -p "$folder"
for net in layered layered-above complementary; do
    echo "== $net"
    "$harmonium" belief "$nets/$net.net" --observe "$seen" --compare --query edge,bar,dot -o "$folder/$net.png"
    "$harmonium" belief "$nets/$net.net" --observe "$seen" -o "$folder/$net-graph.png" >/dev/null
done
