"""The service's commands; `zhenzan` finds them by entry points of the group `zhenzan.commands`."""
