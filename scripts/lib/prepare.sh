# Puts a runtime and the packages in place. Sourced by scripts/start and scripts/test, from the root of the repository.

say() { printf '%s\n' "$*" >&2; }

is_root() { [ "$(id -u)" = 0 ]; }

# apt_install <package>...: installs without starting any service. Fails where it cannot.
apt_install() {
  is_root && command -v apt-get >/dev/null || return 1
  local policy=/usr/sbin/policy-rc.d made=no code=0
  # A package's own service would take the usual ports and outlive the run; 101 tells dpkg not to start it.
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made=yes
  fi
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } </dev/null >&2 || code=$?
  [ "$made" = yes ] && rm -f "$policy"
  return "$code"
}

node_major() { node --version 2>/dev/null | sed -n 's/^v\([0-9]*\).*/\1/p'; }

# Any Node from 18 on can run npm; the Node that paymux itself runs on comes with the packages.
ensure_npm() {
  [ "$(node_major || true)" -ge 18 ] 2>/dev/null && command -v npm >/dev/null && return
  is_root && say 'Installing Node and npm from the distribution ...'
  apt_install nodejs npm && [ "$(node_major)" -ge 18 ] && return
  say 'paymux needs Node 18 or newer with npm to install its packages (its own Node 24 comes with them).'
  say 'Install it, for example with "apt-get install nodejs npm" as root, and run this again.'
  exit 1
}

# The packages are those of the lock file when the stamp says so, or when npm finds nothing missing.
packages_fit() {
  local stamp=node_modules/.paymux-lock
  [ -d node_modules ] || return 1
  [ "$(cat "$stamp" 2>/dev/null)" = "$1" ] && return
  npm ls --all >/dev/null 2>&1 && printf '%s' "$1" >"$stamp"
}

ensure_packages() {
  local lock
  lock=$(cksum <package-lock.json)
  packages_fit "$lock" && return
  # npm would empty the folder behind the link, which belongs to another working tree.
  [ -L node_modules ] && say 'node_modules is a link: packages are installed where it leads.' && return
  say 'Installing packages ...'
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2
  printf '%s' "$lock" >node_modules/.paymux-lock
}

# npm 9, which Debian 12 ships, leaves out the link of a program called node (tried with 9.2.0).
link_runtime() {
  local runtime
  for runtime in node_modules/node-*/bin/node; do
    [ -x "$runtime" ] && [ ! -e node_modules/.bin/node ] && ln -s "../../$runtime" node_modules/.bin/node
  done
  return 0
}

prepare() {
  ensure_npm
  ensure_packages
  link_runtime
  PATH="$PWD/node_modules/.bin:$PATH"
  # Modules that Node has parsed once need not be parsed again: a start takes half the time and a fifth less memory.
  NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$PWD/node_modules/.cache/compile}"
  NODE_OPTIONS="${NODE_OPTIONS:---max-semi-space-size=8 --max-old-space-size=512}"
  export PATH NODE_COMPILE_CACHE NODE_OPTIONS
  [ "$(node_major)" -ge 24 ] && return
  say "paymux needs Node 24; this machine has $(node --version), and no pinned one exists for its platform."
  exit 1
}
