# SPDX-License-Identifier: Apache-2.0
#
# Finds functions of more than `max` lines, from the first line of the signature
# to the closing brace. Reads braces, not C++: a brace after a `)` outside of
# any function begins one; everything inside it, lambdas too, belongs to it.

BEGIN { max = 70 }

FNR == 1 {
  depth = 0
  text = ""
  first = 0
  raw_end = ""
  in_comment = 0
  in_directive = 0
}

# The line without comments, string and character literals.
function bare(line,    out, at, c, two) {
  out = ""
  at = 1
  while (at <= length(line)) {
    c = substr(line, at, 1)
    two = substr(line, at, 2)
    if (raw_end != "") {
      if (substr(line, at, length(raw_end)) == raw_end) {
        at += length(raw_end)
        raw_end = ""
      } else {
        at++
      }
    } else if (in_comment) {
      if (two == "*/") {
        in_comment = 0
        at++
      }
      at++
    } else if (two == "//") {
      return out
    } else if (two == "/*") {
      in_comment = 1
      at += 2
    } else if (two == "R\"") {
      raw_end = substr(line, at + 2)
      at += 2 + index(raw_end, "(")
      raw_end = ")" substr(raw_end, 1, index(raw_end, "(") - 1) "\""
    } else if (c == "\"" || (c == "'" && out !~ /[0-9a-fA-F]$/)) {
      at = literal_end(line, at, c)
    } else {
      out = out c
      at++
    }
  }
  return out
}

function literal_end(line, at, quote,    c) {
  for (at++; at <= length(line); at++) {
    c = substr(line, at, 1)
    if (c == "\\")
      at++
    else if (c == quote)
      break
  }
  return at + 1
}

# What the brace after `text` opens: a scope of declarations, a function or any
# other block.
function kind_of(text) {
  if (depth > 0 && kind[depth] != "scope")
    return "block"
  while (gsub(/<[^<>]*>/, "", text))
    ;
  if (text ~ /(^|[ \t])(namespace|extern)([ \t]|$)/)
    return "scope"
  if (text ~ /\)/ && text !~ /=[ \t]*$/)
    return "function"
  if (text ~ /(^|[ \t])(class|struct|union)([ \t]|$)/)
    return "scope"
  return "block"
}

function close_brace(    lines) {
  if (kind[depth] == "function") {
    lines = FNR - start[depth] + 1
    if (lines > max)
      print FILENAME ":" start[depth] ": a function of " lines " lines, " \
            "the limit is " max
  }
  if (depth > 0)
    depth--
}

/^[ \t]*#/ || in_directive {
  in_directive = /\\$/
  next
}

{
  line = bare($0)
  for (i = 1; i <= length(line); i++) {
    c = substr(line, i, 1)
    if (c == "{") {
      opened = kind_of(text)
      kind[++depth] = opened
      start[depth] = first ? first : FNR
    } else if (c == "}") {
      close_brace()
    }
    if (c == "{" || c == "}" || c == ";") {
      text = ""
      first = 0
    } else {
      text = text c
      if (!first && c !~ /[ \t]/)
        first = FNR
    }
  }
  text = text " "
  if (line ~ /^ *(public|private|protected): *$/) {
    text = ""
    first = 0
  }
}
