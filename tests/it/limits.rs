//! `docs/limits.md` states the values of the constants that it names.

use std::{fs, path::Path};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|_| panic!("{path}"))
}

/// `1,024`, `4 MiB` or `10 s` as a number of units, bytes or milliseconds.
fn stated(value: &str) -> u64 {
    let (number, unit) = value.split_once(' ').unwrap_or((value, ""));
    let number: u64 = number.replace(',', "").parse().unwrap_or_else(|_| panic!("{value}"));
    number
        * match unit {
            "" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "ms" => 1,
            "s" => 1_000,
            "min" => 60_000,
            _ => panic!("{value}"),
        }
}

/// The value of `const NAME: TYPE = EXPRESSION;`, times in milliseconds.
fn defined(source: &str, name: &str) -> u64 {
    let definition = source.lines().find_map(|line| line.split_once(&format!("const {name}: ")));
    let (kind, expression) = definition.unwrap_or_else(|| panic!("{name}")).1.split_once(" = ").unwrap();
    let expression = expression.trim_end_matches(';').replace('_', "");
    let number =
        |text: &str| -> u64 { text.trim().parse().unwrap_or_else(|_| panic!("{name}: {expression}")) };
    if kind == "Duration" {
        let (unit, value) = expression.strip_prefix("Duration::from").unwrap().split_once('(').unwrap();
        let unit = match unit {
            "millis" => 1,
            "secs" => 1_000,
            "mins" => 60_000,
            _ => panic!("{name}: {expression}"),
        };
        return number(value.trim_end_matches(')')) * unit;
    }
    let value = match expression.split_once(" << ") {
        Some((value, bits)) => number(value) << number(bits),
        None => number(&expression),
    };
    if name.ends_with("_SECONDS") { value * 1_000 } else { value }
}

#[test]
fn the_page_of_limits_states_the_values_of_the_code() {
    let page = read("docs/limits.md");
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with('|') && line.contains('`')).collect();
    assert!(rows.len() > 20, "{}", rows.len());
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, value, .., constant] = &cells[..] else { panic!("{row}") };
        let [path, name] = constant.split("` `").collect::<Vec<_>>()[..] else { panic!("{row}") };
        let name = name.trim_matches('`');
        assert_eq!(stated(value), defined(&read(path.trim_matches('`')), name), "{name}: {value}");
    }
}
