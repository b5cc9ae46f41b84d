//! Tables for people: aligned columns, no lines, one line a row.

use anstyle::Style;
use comfy_table::{Table as Grid, presets};

use super::output::{DIM, paint, plain};

pub(super) struct Table {
    grid: Grid,
    styles: Vec<Style>,
}

impl Table {
    pub(super) fn new<const N: usize>(header: [&str; N]) -> Self {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING).force_no_tty().set_header(header);
        Self { grid, styles: vec![DIM] }
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.styled_row(Style::new(), cells);
    }

    pub(super) fn styled_row<const N: usize>(&mut self, style: Style, cells: [&str; N]) {
        self.grid.add_row(cells.map(plain));
        self.styles.push(style);
    }

    /// All lines, without a line break at the end.
    pub(super) fn render(mut self) -> String {
        for column in self.grid.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let lines: Vec<String> = self
            .grid
            .lines()
            .zip(self.styles)
            .map(|(line, style)| match line.trim_end() {
                line if style == Style::new() => line.to_owned(),
                line => paint(style, line),
            })
            .collect();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn columns_line_up_and_nothing_trails() {
        let mut table = Table::new(["NAME", "TYPE", "GROUP"]);
        table.row(["approved-nuget", "nuget", ""]);
        table.row(["大きい", "a\nb", "live"]);
        assert_eq!(
            strip_str(&table.render()).to_string(),
            "NAME            TYPE   GROUP\n\
             approved-nuget  nuget\n\
             大きい          a\\nb   live"
        );
    }
}
