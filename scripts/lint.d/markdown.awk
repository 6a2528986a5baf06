# SPDX-License-Identifier: Apache-2.0
#
# A page has one title, and it comes first.

function finish() {
  if (page != "" && titles != 1)
    print page ":1: " titles + 0 " titles, one is right"
}

FNR == 1 {
  finish()
  page = FILENAME
  titles = 0
  fenced = 0
  begun = 0
}

/^ *(```|~~~)/ { fenced = !fenced }

!fenced && /^# / { titles++ }

!begun && NF > 0 && $0 !~ /^<!--/ {
  begun = 1
  if ($0 !~ /^# /)
    print FILENAME ":" FNR ": a page begins with its title"
}

END { finish() }
