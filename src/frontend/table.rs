//! Text in columns, as subrequests print it.
//!
//! Parity: the reference prints with Go's `text/tabwriter`. A cell ends at a tab, a column is the run of
//! consecutive lines that have that cell, the rest of a line after its last tab belongs to no column.

/// Aligns the tab-separated cells of `text`, with `padding` blanks after the widest cell of each column.
///
/// Vertical tabs end a cell and form feeds end a line and all columns, too: values of build arguments
/// may hold any character.
pub fn align(text: &str, padding: usize) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for block in text.split_inclusive('\u{c}') {
        align_block(block, padding, &mut out);
    }
    out
}

fn align_block(block: &str, padding: usize, out: &mut String) {
    let lines: Vec<Vec<&str>> = block
        .split(['\n', '\u{c}'])
        .map(|line| line.split(['\t', '\u{b}']).collect())
        .collect();
    let widths = column_widths(&lines, padding);
    for (index, (line, widths)) in lines.iter().zip(&widths).enumerate() {
        if index > 0 {
            out.push('\n');
        }
        for (column, cell) in line.iter().enumerate() {
            out.push_str(cell);
            if let Some(width) = widths.get(column) {
                let blanks = width.saturating_sub(cell.chars().count());
                out.extend(std::iter::repeat_n(' ', blanks));
            }
        }
    }
}

/// For each line the width of each of its cells but the last.
fn column_widths(lines: &[Vec<&str>], padding: usize) -> Vec<Vec<usize>> {
    let mut widths: Vec<Vec<usize>> = lines
        .iter()
        .map(|line| {
            let cells = line.split_last().map_or(&[][..], |(_, cells)| cells);
            cells
                .iter()
                .map(|cell| cell.chars().count() + padding)
                .collect()
        })
        .collect();
    // A line takes the widest cell of the lines above it, then, upwards, of those below: that is
    // the maximum of its run.
    let spread = |from: &[usize], to: &mut [usize]| {
        for (from, to) in from.iter().zip(to) {
            *to = (*to).max(*from);
        }
    };
    for index in 1..widths.len() {
        if let (before, [line, ..]) = widths.split_at_mut(index)
            && let Some(above) = before.last()
        {
            spread(above, line);
        }
    }
    for index in (1..widths.len()).rev() {
        if let (before, [line, ..]) = widths.split_at_mut(index)
            && let Some(above) = before.last_mut()
        {
            spread(line, above);
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::align;

    #[test]
    fn columns_end_after_their_widest_cell() {
        assert_eq!(align("A\tB\nlong\tx\n", 1), "A    B\nlong x\n");
    }

    #[test]
    fn last_cell_is_not_padded_and_empty_cells_are() {
        assert_eq!(align("K\tV\tD\na\t\t\n", 3), "K   V   D\na       \n");
    }

    #[test]
    fn a_line_without_the_cell_ends_its_column() {
        assert_eq!(align("a\tb\nlonger\nccc\td\n", 1), "a b\nlonger\nccc d\n");
    }

    #[test]
    fn width_counts_characters() {
        assert_eq!(align("é\tb\nxx\td\n", 1), "é  b\nxx d\n");
    }

    #[test]
    fn form_feed_ends_all_columns() {
        assert_eq!(align("a\tb\u{c}long\td\n", 1), "a b\nlong d\n");
    }
}
