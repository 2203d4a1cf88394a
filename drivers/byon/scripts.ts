/** Where a host keeps who has it. Gone when nobody has. */
export const hostFolder = "/var/lib/hotsite-host";

/** What the claim's file holds of the claim alone. */
export function markOf(claim: string): string {
  return `"id":${JSON.stringify(claim)}`;
}

/** $1: what its claim file holds of the claim. */
export const confirmText = `# see that the host is still ours
grep -qsF -- "$1" ${hostFolder}/claim`;

/** One change of a host at a time. In /run, so that nothing is left of it. */
const lock = "exec 9>/run/hotsite-host.lock && flock -w 60 9 || exit 1";

/** What is Hotsite's alone by its name, apart from the host folder. */
const ours = `ours() {
  for path in /etc/hotsite /opt/hotsite /var/lib/hotsite /var/lib/hotsite-* /etc/systemd/system/hotsite-*; do
    [ ! -e "$path" ] || [ "$path" = ${hostFolder} ] || echo "$path"
  done
}`;

/** What a host is like, to be compared when it is given back: packages, and the names in the folders where software goes; copies as \`/etc/passwd-\` are none. */
const inventory = `inventory() {
  dpkg-query -W -f 'package \${Package} \${db:Status-Status}\\n' 2>/dev/null | sed -n 's/ installed$//p'
  for path in /etc/* /etc/systemd/system/*.service /opt/* /srv/* /var/lib/* /usr/local/bin/* /usr/local/sbin/* /usr/local/lib/*; do
    case $path in ${hostFolder} | *-) continue ;; esac
    [ ! -e "$path" ] || echo "file $path"
  done
}`;

/** Everything that is asked of a host before it is used. One fact a line: a word, then its value. */
export const lookText = `# look at the host
export LC_ALL=C
${ours}
echo "user $(id -u)"
echo "arch $(uname -m)"
( . /etc/os-release 2>/dev/null && echo "os $ID $VERSION_ID" )
echo "time $(date +%s)"
echo "freeMb $(df -Pm / | sed -n '2s/^[^ ]* *[0-9]* *[0-9]* *\\([0-9]*\\) .*/\\1/p')"
[ ! -d /run/systemd/system ] || echo "systemd yes"
[ ! -s ${hostFolder}/claim ] || echo "claim $(cat ${hostFolder}/claim)"
[ ! -s ${hostFolder}/quarantine ] || echo "quarantine $(cat ${hostFolder}/quarantine)"
ours | sed 's/^/ours /'
while read -r slot at peer state rest; do
  [ "$state" != 0A ] || echo "listens \${at##*:}"
done 2>/dev/null <<END
$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
END
echo "end yes"`;

/** $1: the claim. Prints the claim that the host has now: of several that come at once, one wins. What was there is written down before. */
export const claimText = `# claim the host
set -e
${lock}
export LC_ALL=C
${inventory}
mkdir -p -m 755 ${hostFolder}
draft=$(mktemp ${hostFolder}/.claim.XXXXXX)
chmod 644 "$draft"
printf '%s\\n' "$1" >"$draft"
sync "$draft"
ln -T "$draft" ${hostFolder}/claim 2>/dev/null || :
rm -f "$draft"
# An attempt that was cut off may have claimed the host and written nothing down.
if [ "$(cat ${hostFolder}/claim)" = "$1" ] && [ ! -s ${hostFolder}/inventory ]; then
  inventory | sort -u >${hostFolder}/inventory
fi
cat ${hostFolder}/claim`;

/** $1: the user who logs in, $2: a public key without a comment, $3: the claim's id, $4: what its claim file holds of it. Lets nobody in where another has the host. Repeatable. */
export const authoriseText = `# let the application's key log in
set -e
grep -qF -- "$4" ${hostFolder}/claim || exit 0
${lock}
umask 077
home=$(getent passwd "$1" | cut -d: -f6)
folder=$home/.ssh keys=$home/.ssh/authorized_keys
if [ ! -d "$folder" ]; then
  mkdir "$folder"
  : >${hostFolder}/made-folder
fi
[ -e "$keys" ] || : >${hostFolder}/made-keys
draft=$(mktemp "$folder/.hotsite.XXXXXX")
trap 'rm -f "$draft"' EXIT
[ ! -e "$keys" ] || cat "$keys" >"$draft"
grep -qxF -- "$2 hotsite:$3" "$draft" || {
  # Somebody's last line may lack its end.
  [ ! -s "$draft" ] || [ -z "$(tail -c 1 "$draft")" ] || echo >>"$draft"
  echo "$2 hotsite:$3" >>"$draft"
}
chmod 600 "$draft"
chown --reference="$home" "$folder" "$draft"
mv -fT "$draft" "$keys"
trap - EXIT`;

/**
 * $1: the user who logs in, $2: the claim's id, $3: what its claim file holds of it. Removes what is Hotsite's, then compares with what was there before; what is still more
 * comes out, a line each, and stays as the reason why nobody may have the host. Repeatable; a host that others have is left alone.
 */
export const releaseText = `# release the host
export LC_ALL=C
${lock}
${ours}
${inventory}
grep -qsF -- "$3" ${hostFolder}/claim || exit 0
for unit in /etc/systemd/system/hotsite-*; do
  [ -e "$unit" ] || continue
  systemctl disable --now "\${unit##*/}" >/dev/null 2>&1 || :
  rm -rf "$unit"
done
systemctl daemon-reload 2>/dev/null || :
ours | while read -r path; do rm -rf "$path"; done
if [ -s ${hostFolder}/inventory ]; then
  inventory | sort -u | comm -13 ${hostFolder}/inventory - >${hostFolder}/left
else
  : >${hostFolder}/left
fi
home=$(getent passwd "$1" | cut -d: -f6)
keys=$home/.ssh/authorized_keys
if [ -e "$keys" ]; then
  draft=$(mktemp "$home/.ssh/.hotsite.XXXXXX") || exit 1
  grep -vF -- " hotsite:$2" "$keys" >"$draft"
  chmod --reference="$keys" "$draft" && chown --reference="$keys" "$draft" && mv -fT "$draft" "$keys" || exit 1
  [ -s "$keys" ] || [ ! -e ${hostFolder}/made-keys ] || rm -f "$keys"
fi
[ ! -e ${hostFolder}/made-folder ] || rmdir "$home/.ssh" 2>/dev/null || :
sed 's/^[a-z]* //' ${hostFolder}/left
if [ -s ${hostFolder}/left ]; then
  sed 's/^[a-z]* //' ${hostFolder}/left | head -n 20 | tr '\\n' ' ' >${hostFolder}/quarantine
  rm -f ${hostFolder}/claim
else
  rm -rf ${hostFolder}
fi
sync`;

/** A person says that the host may be used as it is. */
export const acceptText = `# accept the host as it is
[ ! -s ${hostFolder}/claim ] || exit 3
rm -rf ${hostFolder}`;
