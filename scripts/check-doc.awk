# SPDX-License-Identifier: GPL-2.0-only
#
# Public functions whose kernel-doc is missing or does not say enough. A
# function is public when it is defined without static; its comment names it,
# has a Context: section, and a Return: section unless it returns nothing.

function complain(what)
{
	print FILENAME ":" FNR ": " name "() " what
}

# A definition starts in the first column and goes on to its opening brace.
function judge(head)
{
	if (head ~ /^(static|extern|typedef|struct [a-z_0-9]+ *[{;=]|enum|union|DEFINE_|DECLARE_|EXPORT_|MODULE_|module_|const)/)
		return
	if (head ~ /=/ || !match(head, /[a-z_0-9]+\(/))
		return
	name = substr(head, RSTART, RLENGTH - 1)
	if (comment !~ ("\\* " name "\\(\\) - "))
		complain("has no kernel-doc")
	else if (comment !~ /\* Context:/)
		complain("does not say its context")
	else if (head !~ /^void / && comment !~ /\* Returns?:/)
		complain("does not say what it returns")
}

FNR == 1		{ comment = ""; head = ""; inside = 0 }
/^\/\*\*/		{ comment = ""; inside = 1 }
inside			{ comment = comment $0 "\n" }
inside && /\*\//	{ inside = 0; next }
inside			{ next }
/^[a-z_].*[^;:]$/ && head == "" { head = $0; next }
/^[^{]/ && head != ""	{ head = head " " $0 }
/^{/ && head != ""	{ judge(head); head = ""; comment = "" }
/;$/ || /^}/		{ head = "" }
/^}/			{ comment = "" }
