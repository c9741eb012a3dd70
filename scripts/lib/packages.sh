# Debian packages, by the lists in scripts/packages/. To be sourced by bash; needs scripts/lib/say.sh.

# Prints those packages of the named lists ("build", "run", "test") that are not installed.
missing_packages()
{
  local list wanted=()
  for list in "$@"; do
    mapfile -t -O "${#wanted[@]}" wanted <"scripts/packages/$list.txt"
  done
  # dpkg-query reports an unknown package on stderr and by its status; here that means missing.
  { dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true; } |
    sed -n 's/^installed //p' | sort -u | comm -13 - <(printf '%s\n' "${wanted[@]}" | sort -u)
}

# Installs what is missing of the named lists and nothing else. Without root or network it ends the
# script with a sentence and status 3. No service of these packages is started.
install_packages()
{
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null ||
    die 3 "there is no apt-get to install what is missing: ${missing[*]}"
  [ "$(id -u)" = 0 ] || die 3 "only root can install what is missing: ${missing[*]}"
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  apt_get update || say "apt-get update failed; trying with the package lists that are here"
  without_services apt_get install --yes --no-install-recommends "${missing[@]}" ||
    die 3 "could not install ${missing[*]}; is there a network and a Debian 12 mirror?"
}

# Installs npm where there is none: Debian's would take the place of another one, and pulls in hundreds of packages. Where
# that fails, the build goes on, without the page, and says so.
install_npm()
{
  ! command -v npm >/dev/null || return 0
  (install_packages page) || say "no npm: the page will be left out"
}

apt_get()
{
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" >&2
}

# Runs a command while the machine's policy is that installing a package starts no service. A policy
# that is there already is the administrator's and stays as it is.
without_services()
(
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  "$@"
)
