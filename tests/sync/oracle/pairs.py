"""What becomes of a row in each state when each thing comes: every pair, written once.

A column is a state of the row, a line is what comes tonight. A cell says what the row is afterwards; `-` stands where
the two cannot meet (of a child whom the MIS does not list, nothing can be said). The words:

in: here as before. out: removed tonight. waits: here, and its removal waits for a person. moved: in the other class.
back: here again, the same row. left: gone as before. none: was not here, and does not come. silent, of a parent's link:
here, and nobody writes to the parent about the child, because tonight's reading did not confirm it.

kept: a person said that they stay, when the MIS missed them. kept anyway: although the MIS says that they have left.
left out here: a person left them out of the product, and the MIS lists them. announced: here, and Wonde has told of a
change of MIS for about now; it makes a night wait on which one person went and one came, and nothing else of it.
"""

STUDENTS = """
                   | here  | held  | missing | kept  | kept anyway | paused | undone | frozen | between | elsewhere | blocked | left | left out here | new year | rollover | new MIS | announced
court order        | in    | waits | -       | -     | waits       | in     | -      | in     | in      | in        | in      | -    | left          | in       | in       | in      | in
no responsibility  | in    | waits | -       | -     | waits       | in     | -      | in     | in      | in        | in      | -    | left          | in       | in       | in      | in
not known          | in    | waits | -       | -     | waits       | in     | -      | in     | in      | in        | in      | -    | left          | in       | in       | in      | in
sibling's no       | in    | waits | waits   | waits | waits       | in     | in     | in     | in      | in        | in      | left | left          | in       | in       | in      | in
left MIS           | out   | out   | out     | out   | waits       | out    | out    | out    | out     | out       | out     | left | left          | out      | out      | in      | out
most left          | waits | waits | waits   | waits | waits       | in     | in     | waits  | waits   | waits     | waits   | left | left          | waits    | out      | in      | waits
not yet            | out   | out   | out     | out   | waits       | out    | out    | out    | out     | out       | out     | left | left          | out      | out      | in      | out
absent             | out   | waits | waits   | waits | waits       | in     | in     | in     | out     | out       | out     | left | left          | out      | out      | in      | out
returns            | in    | in    | in      | in    | in          | in     | in     | in     | in      | moved     | in      | back | left          | in       | in       | in      | in
moves              | moved | moved | moved   | moved | moved       | in     | in     | in     | moved   | in        | moved   | back | left          | moved    | moved    | in      | moved
new id             | in    | in    | in      | in    | in          | in     | in     | in     | in      | moved     | in      | back | left          | in       | in       | in      | in
parent's new id    | in    | waits | -       | -     | waits       | in     | -      | in     | in      | in        | in      | -    | left          | in       | in       | in      | in
no UPN             | in    | waits | -       | -     | in          | in     | -      | in     | in      | in        | in      | -    | left          | in       | in       | in      | in
contacts withdrawn | in    | waits | waits   | waits | waits       | in     | in     | in     | in      | in        | in      | left | left          | in       | in       | in      | in
not offered        | in    | waits | waits   | waits | waits       | in     | in     | in     | in      | in        | in      | left | left          | in       | in       | in      | in
change of MIS      | in    | in    | in      | in    | in          | in     | in     | in     | in      | in        | in      | left | left          | in       | in       | in      | in
"""

# The link between the same student and a parent.
LINKS = """
                   | here  | held   | missing | kept   | kept anyway | paused | undone | frozen | between | elsewhere | blocked | left | left out here | new year | rollover | new MIS | announced
court order        | out   | out    | -       | -      | out         | out    | -      | out    | out     | out       | none    | -    | none          | out      | out      | out     | out
no responsibility  | out   | out    | -       | -      | out         | out    | -      | out    | out     | out       | none    | -    | none          | out      | out      | out     | out
not known          | out   | silent | -       | -      | silent      | silent | -      | out    | out     | out       | none    | -    | none          | out      | out      | silent  | out
sibling's no       | in    | waits  | silent  | silent | waits       | in     | silent | in     | in      | in        | none    | none | none          | in       | in       | in      | in
left MIS           | out   | out    | out     | out    | waits       | out    | out    | out    | out     | out       | none    | none | none          | out      | out      | in      | out
most left          | waits | waits  | silent  | silent | waits       | in     | silent | waits  | waits   | waits     | none    | none | none          | waits    | out      | in      | waits
not yet            | out   | out    | out     | out    | waits       | out    | out    | out    | out     | out       | none    | none | none          | out      | out      | in      | out
absent             | out   | silent | silent  | silent | silent      | silent | silent | silent | out     | out       | none    | none | none          | out      | out      | silent  | out
returns            | in    | in     | in      | in     | in          | in     | in     | in     | in      | in        | none    | back | none          | in       | in       | in      | in
moves              | in    | in     | in      | in     | in          | in     | in     | in     | in      | in        | none    | back | none          | in       | in       | in      | in
new id             | in    | in     | in      | in     | in          | in     | in     | in     | in      | in        | none    | back | none          | in       | in       | silent  | silent
parent's new id    | in    | waits  | -       | -      | waits       | in     | -      | in     | in      | in        | none    | -    | none          | in       | in       | silent  | in
no UPN             | in    | waits  | -       | -      | in          | in     | -      | in     | in      | in        | none    | -    | none          | in       | in       | in      | in
contacts withdrawn | in    | in     | in      | in     | in          | in     | in     | in     | in      | in        | none    | none | none          | in       | in       | in      | in
not offered        | in    | in     | in      | in     | in          | in     | in     | in     | in      | in        | none    | none | none          | in       | in       | in      | in
change of MIS      | in    | in     | silent  | silent | in          | in     | silent | in     | in      | in        | none    | none | none          | in       | in       | in      | in
"""

EMPLOYEES = """
                | here  | held  | kept  | kept anyway | paused | undone | frozen | between | left | left out here | new year | rollover | new MIS | announced
left MIS        | out   | out   | out   | waits       | out    | out    | out    | out     | left | left          | out      | out      | in      | out
most left       | waits | waits | waits | waits       | in     | in     | waits  | waits   | left | left          | waits    | out      | in      | waits
null            | in    | waits | waits | in          | in     | -      | in     | in      | left | left          | in       | in       | in      | in
absent          | out   | waits | waits | waits       | in     | in     | in     | out     | left | left          | out      | out      | in      | out
returns         | in    | in    | in    | in          | in     | in     | in     | in      | back | left          | in       | in       | in      | in
other class     | in    | in    | in    | in          | in     | in     | in     | in      | back | left          | in       | in       | in      | in
new id          | in    | in    | in    | in          | in     | in     | in     | in      | back | left          | in       | in       | in      | in
staff withdrawn | in    | in    | in    | in          | in     | in     | in     | in      | left | left          | in       | in       | in      | in
change of MIS   | in    | in    | in    | in          | in     | in     | in     | in      | left | left          | in       | in       | in      | in
"""

CLASSES = """
                  | here  | paused | between | left out | frozen | brought in | asks first | new year | rollover | new MIS | announced
year over         | out   | out    | out     | none     | in     | out        | none       | out      | out      | in      | out
other subject     | in    | in     | in      | none     | in     | in         | none       | in       | out      | in      | in
class absent      | waits | in     | out     | out      | in     | waits      | out        | out      | out      | in      | waits
class's new id    | out   | in     | out     | out      | in     | out        | out        | out      | out      | in      | out
classes withdrawn | in    | in     | in      | none     | in     | in         | none       | in       | in       | in      | in
change of MIS     | in    | in     | in      | none     | in     | in         | none       | in       | in       | in      | in
"""

# Whether they are marked as perhaps hidden afterwards, whatever becomes of the removal. `-` where Wonde did not list them
# before either.
HIDDEN = """
                   | here   | held   | missing | kept | kept anyway | paused | undone | frozen | between | elsewhere | blocked | left | new year | rollover | new MIS
student hidden     | marked | marked | -       | -    | marked      | marked | -      | marked | marked  | marked    | marked  | -    | marked   | marked   | free
student gone       | free   | free   | -       | -    | free        | free   | -      | free   | free    | free      | free    | -    | free     | free     | free
student deleted    | free   | free   | -       | -    | free        | free   | -      | free   | free    | free      | free    | -    | free     | free     | free
others hidden      | free   | free   | marked  | free | free        | free   | marked | free   | free    | free      | free    | free | free     | free     | free
shown again        | free   | free   | free    | free | free        | free   | free   | free   | free    | free      | free    | free | free     | free     | marked
marked, still gone | marked | marked | marked  | marked | marked    | marked | marked | marked | marked  | marked    | marked  | marked | marked | marked   | marked
teacher hidden     | marked | marked | -       | -    | marked      | marked | -      | marked | marked  | marked    | marked  | -    | marked   | marked   | free
parent hidden      | marked | marked | -       | -    | marked      | marked | -      | marked | marked  | marked    | -       | -    | marked   | marked   | free
"""


def table(text):
    """{(state, event): outcome} of one of the tables above, without the pairs that cannot meet."""
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip("\n").splitlines()]
    return {
        (state, event): outcome
        for event, *cells in lines
        for state, outcome in zip(head[1:], cells, strict=True)
        if outcome != "-"
    }
