/** A shell function: `unpack ARCHIVE FOLDER [tar options]` unpacks a .tar.gz beside older ones, unless it was unpacked before; never half. A shell of its own: its names are not the caller's. */
export const UNPACK = `
unpack() (
  archive=$1 folder=$2; shift 2
  [ ! -d "$folder" ] || return 0
  rm -rf "$folder.new"
  mkdir -p "$folder.new"
  tar -xzf "$archive" -C "$folder.new" --no-same-owner "$@" && mv -T "$folder.new" "$folder"
)`;

/** A shell function: `system_account NAME` makes a user that can own files and run a service, and do nothing else. */
export const SYSTEM_ACCOUNT = `
system_account() {
  getent passwd "$1" >/dev/null ||
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$1"
}`;

/** A shell function: `remove_account NAME`. */
export const REMOVE_ACCOUNT = `remove_account() { ! getent passwd "$1" >/dev/null || userdel "$1"; }`;
