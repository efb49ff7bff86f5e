"""What the firmware writes into the console of a kernel that it has started."""
import re

# OpenSBI 1.6 takes illegal instructions first, and says this of some, without a newline, before it hands them on.
FIRMWARE_REMARK = "system_opcode_insn: Invalid opcode for CSR read/write instruction"
WHOLE_REMARK = "\ue000"  # in its place while others are looked for


def without_remarks(text):
    """The console without the firmware's remarks, which a hart of its own may write between the letters of another's line."""
    text = text.replace(FIRMWARE_REMARK, WHOLE_REMARK)
    # What is left are mixed ones; each has two underscores, as hardly any other text. Far from those there are none.
    marks = [match.start() for match in re.finditer("_", text)]
    if len(marks) > 100:
        return text.replace(WHOLE_REMARK, "")
    kept, done = [], 0
    while marks:
        end = marks[0]
        begin = max(done, end - 1000)
        while marks and marks[0] <= end + 1000:
            end = marks.pop(0)
        kept += [text[done:begin], unmix(text[begin:end + 1000])]
        done = end + 1000
    return ("".join(kept) + text[done:]).replace(WHOLE_REMARK, "")


def unmix(text):
    """Takes whole remarks out of a text so that both fall into as few pieces as can be: a letter of a remark counts 1.5 for,
    a change of the writer within a remark 1 against it, less where a line or another remark has ended."""
    size = len(FIRMWARE_REMARK)
    never = float("-inf")
    # Best sums by letters of a remark so far, when the last letter was the other's or the remark's; and what was taken on
    # the way there, as a chain of positions.
    other = [(0, None)] + [(never, None)] * size
    remark = [(never, None)] * (size + 1)
    for at, letter in enumerate(text):
        next_remark = [(never, None)] * (size + 1)
        fits = 0.5 * (text[at - 1:at] in ("\n", WHOLE_REMARK))
        for k in range(size):
            if FIRMWARE_REMARK[k] == letter:
                changed = (other[k][0] - (k > 0) + fits, 0, other[k][1])
                total, _, chain = max(changed, (remark[k][0], 1, remark[k][1]), key=lambda way: way[:2])
                next_remark[k + 1] = (total + 1.5, (at, chain))
        for k in range(size):
            if remark[k][0] - 1 >= other[k][0]:
                other[k] = (remark[k][0] - 1, remark[k][1])
        if next_remark[size][0] > other[0][0]:
            other[0] = next_remark[size]
        remark = next_remark
    taken, chain = set(), other[0][1]
    while chain:
        taken.add(chain[0])
        chain = chain[1]
    return "".join(letter for at, letter in enumerate(text) if at not in taken)
