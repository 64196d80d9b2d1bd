"""The commands of `fastdiag rules`."""

from __future__ import annotations

from fastdiag.cli.command import Command
from fastdiag.cli.groups import group
from fastdiag.cli.rules import lint, new, schema, show
from fastdiag.cli.rules import list as list_command
from fastdiag.cli.rules import test as test_command

rules_app = group(
    help_="Read, check and extend the rule table.",
    epilog="The table lies in rules/ of the repository; `fastdiag explain CAUSE` tells one in prose.",
    short_help="Read, check and extend the rule table.",
)
rules_app.command(
    name="list", cls=Command, help=list_command.HELP, short_help="List the causes, and how visible each is."
)(list_command.list_)
rules_app.command(cls=Command, help=show.HELP, short_help="Print the rule file of a cause.")(show.show)
rules_app.command(
    cls=Command,
    help=lint.HELP,
    epilog=lint.EXIT_CODES,
    short_help="Check rule files: all errors and warnings.",
)(lint.lint)
rules_app.command(
    name="test",
    cls=Command,
    help=test_command.HELP,
    epilog=test_command.EXIT_CODES,
    short_help="Try the examples and scenarios of the rules.",
)(test_command.run)
rules_app.command(cls=Command, help=schema.HELP, short_help="Write JSON Schema of rule files, for editors.")(
    schema.schema
)
rules_app.command(cls=Command, help=new.HELP, short_help="Write a rule file to start from.")(new.new)
