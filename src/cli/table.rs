//! Tables for people: aligned columns, no lines, one line a row. On a terminal that is too narrow for that, one line a
//! cell.

use anstyle::Style;
use comfy_table::{Table as Grid, presets};

use super::output::{self, DIM, paint, plain};

pub(super) struct Table {
    header: Vec<String>,
    rows: Vec<(Style, Vec<String>)>,
}

impl Table {
    pub(super) fn new<const N: usize>(header: [&str; N]) -> Self {
        Self { header: header.map(Into::into).into(), rows: Vec::new() }
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.styled_row(Style::new(), cells);
    }

    pub(super) fn styled_row<const N: usize>(&mut self, style: Style, cells: [&str; N]) {
        self.rows.push((style, cells.map(|cell| plain(cell).into_owned()).into()));
    }

    /// All lines, without a line break at the end.
    pub(super) fn render(self) -> String {
        self.render_within(output::columns())
    }

    fn render_within(self, columns: Option<usize>) -> String {
        let lines = self.lines();
        let fits = |columns: usize| lines.iter().all(|(_, line)| line.chars().count() <= columns);
        match columns.filter(|columns| !fits(*columns)) {
            Some(columns) => self.records(columns),
            None => lines.into_iter().map(|(style, line)| styled(style, line)).collect::<Vec<_>>().join("\n"),
        }
    }

    fn lines(&self) -> Vec<(Style, String)> {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING).force_no_tty().set_header(&self.header);
        for (_, cells) in &self.rows {
            grid.add_row(cells);
        }
        for column in grid.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let styles = std::iter::once(DIM).chain(self.rows.iter().map(|(style, _)| *style));
        let lines = grid.lines().map(|line| line.trim_end().to_owned());
        styles.zip(lines).collect()
    }

    /// Every row as lines of a heading and a cell, with an empty line between rows. The cell of a column without a
    /// heading is a mark in front of its row.
    fn records(&self, columns: usize) -> String {
        let label = self.header.iter().map(|heading| heading.chars().count()).max().unwrap_or_default();
        let marks = if self.header.iter().any(String::is_empty) { 2 } else { 0 };
        let indent = marks + label + 2;
        let mut records = Vec::new();
        for (style, cells) in &self.rows {
            let named = || self.header.iter().zip(cells);
            let mark: String =
                named().filter(|(heading, _)| heading.is_empty()).map(|(_, mark)| mark.as_str()).collect();
            let mut lines = Vec::new();
            for (heading, cell) in named().filter(|(heading, cell)| !heading.is_empty() && !cell.is_empty()) {
                let mark = if lines.is_empty() { mark.as_str() } else { "" };
                let cell = output::wrap_to(cell, indent, columns);
                lines.push(styled(*style, format!("{mark:<marks$}{heading:<label$}  {}", cell.trim_start())));
            }
            records.push(lines.join("\n"));
        }
        records.join("\n\n")
    }
}

fn styled(style: Style, line: String) -> String {
    if style == Style::new() { line } else { paint(style, line) }
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

    #[test]
    fn a_narrow_terminal_gets_a_line_a_cell() {
        let mut table = Table::new(["", "GRANT", "TASK", "BECAUSE"]);
        table.row(["→", "5", "View & Download Packages", "jDoe → Developers"]);
        table.row(["", "17", "Administer", ""]);
        let text = table.render_within(Some(30));
        assert!(strip_str(&text).to_string().lines().all(|line| line.chars().count() <= 30), "{text}");
        assert_eq!(
            strip_str(&text).to_string(),
            "→ GRANT    5\n  TASK     View & Download\n           Packages\n  BECAUSE  jDoe → Developers\n\n  \
             GRANT    17\n  TASK     Administer"
        );
    }
}
