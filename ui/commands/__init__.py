"""What each command of `onrecord` does; `ui.cli` reads the arguments and calls one of these."""
