"""naclip-archive: many hours of video as tasks that any batch system runs.

`program` has the command line; `plan` makes the tasks; `tasks` is what they are on disk; `segment` does one, and
`workers` several in one process; `merge` joins their outputs, `status` counts them.
"""
