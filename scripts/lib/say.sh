# What the scripts say on the way. To be sourced by bash. Results go to stdout, this to stderr.

# One line of progress.
say()
{
  printf '== %s\n' "$*" >&2
}

# Ends the script: die STATUS SENTENCE.
die()
{
  printf '%s: %s\n' "${0##*/}" "${*:2}" >&2
  exit "$1"
}
