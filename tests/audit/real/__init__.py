"""The audit measured on five real applications, beside other tools, with findings read by hand."""
