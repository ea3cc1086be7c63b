//! Runs every test, and ends with one line over all of them.

use std::{
    env,
    ffi::OsStr,
    fmt, fs,
    io::{BufRead, BufReader},
    ops::AddAssign,
    path::Path,
    process::{Command, ExitCode, Stdio},
    thread,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    cargo, resolve, root, run, say, setup, site,
    toolchain::{TARGET, Toolchain},
    wasm,
};

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// Runs the chosen tests. The parts follow each other, as each uses all cores, and a part that fails stops no other; but
/// the site, whose last and longest step uses one core, is built beside the native tests. The count over all of them is
/// the last line, whatever happens.
pub fn test(native: bool, browser: bool, filter: Option<&str>) -> ExitCode {
    let mut total = Count::default();
    let both = native && browser;
    // Two installations at once would wait for each other's lock, so both come first; what fails here is told below.
    let ready = both && setup::native().and_then(|()| setup::browsers()).is_ok();
    let site = ready.then(|| thread::spawn(|| site::build(false)));
    if native {
        total += counted("native tests", native_tests(filter));
    }
    if native && browser && filter.is_none() {
        total += counted("other wasm toolchains", other_toolchains());
    }
    if browser {
        let built = site.map(|site| {
            site.join()
                .unwrap_or_else(|_| bail!("building the site panicked"))
        });
        total += counted("browser tests", browser_tests(filter, built));
    }
    if total == Count::default() {
        eprintln!("error: no test ran");
    }
    println!("{total}");
    ExitCode::from(u8::from(total.failed > 0 || total.passed == 0))
}

/// A part that could not run counts as one failure.
fn counted(part: &str, result: Result<Count>) -> Count {
    let count = result.unwrap_or_else(|error| {
        eprintln!("error: {part}: {error:#}");
        Count {
            failed: 1,
            ..Count::default()
        }
    });
    say(format!("{part}: {count}"));
    count
}

/// `cargo test`. A test that finds something optional missing appends `<its name>: <the reason>` as a line to the
/// file named by `EASEL_SKIPPED` and returns; it then counts as skipped and not as passed.
fn native_tests(filter: Option<&str>) -> Result<Count> {
    setup::native()?;
    let skipped = root().join("target/skipped");
    fs::create_dir_all(root().join("target"))?;
    fs::write(&skipped, "")?;
    say("cargo test");
    let mut command = Command::new(cargo());
    command
        .current_dir(root())
        .args(["test", "--locked", "--workspace", "--no-fail-fast"])
        .args(filter);
    command
        .env("EASEL_SKIPPED", &skipped)
        .envs(setup::adapter());
    let (lines, succeeded) = echo(&mut command)?;
    let mut count = cargo_count(&lines);
    if !succeeded && count.failed == 0 {
        count.failed = 1;
    }
    for line in fs::read_to_string(&skipped)?.lines() {
        println!("skipped: {line}");
        count.passed = count.passed.saturating_sub(1);
        count.skipped += 1;
    }
    Ok(count)
}

/// Each way to compile wasm that the site did not use, on a small crate.
fn other_toolchains() -> Result<Count> {
    let mut count = Count::default();
    for (way, found) in resolve::others(&resolve::resolve()?) {
        match found {
            Err(reason) => {
                println!("skipped: wasm toolchain {}: {reason:#}", way.name());
                count.skipped += 1;
            }
            Ok(toolchain) => match small_crate(&toolchain) {
                Ok(()) => count.passed += 1,
                Err(error) => {
                    eprintln!("failed: wasm toolchain {}: {error:#}", way.name());
                    count.failed += 1;
                }
            },
        }
    }
    Ok(count)
}

/// Compiles a crate of one function the way that the site is compiled, and looks for the function in the result.
fn small_crate(toolchain: &Toolchain) -> Result<()> {
    say(format!("small crate with {}", toolchain.describe()));
    let folder = root().join("target/wasm/small").join(toolchain.folder());
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    let version = locked(&lock, "wasm-bindgen").context("Cargo.lock has no wasm-bindgen")?;
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.lock"), &lock)?;
    fs::write(
        folder.join("Cargo.toml"),
        format!(
            "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\nwasm-bindgen = \"={version}\"\n[profile.release]\npanic = \"abort\"\n"
        ),
    )?;
    fs::write(
        folder.join("src/lib.rs"),
        "#[wasm_bindgen::prelude::wasm_bindgen]\npub fn greet(name: &str) -> String { format!(\"hello, {name}\") }\n",
    )?;
    let target = folder.join("target");
    let mut command = toolchain.command(&toolchain.cargo, "rustc", &target);
    command
        .current_dir(&folder)
        .args(["--lib", "--release", "--crate-type", "cdylib"]);
    run(&mut command)?;
    let compiled = target.join(TARGET).join("release/small.wasm");
    wasm::bindgen(&compiled, "small", &folder.join("pkg"), false)?;
    let glue = fs::read_to_string(folder.join("pkg/small.js"))?;
    ensure!(
        glue.contains("export function greet(name)"),
        "the glue does not export greet"
    );
    let size = fs::metadata(folder.join("pkg/small_bg.wasm"))?.len();
    ensure!(
        (1_000..1_000_000).contains(&size),
        "the module has {size} bytes"
    );
    Ok(())
}

/// The version of a package in a lock file.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let head = format!("name = \"{package}\"\nversion = \"");
    let (_, rest) = lock.split_once(&head)?;
    rest.split('"').next()
}

/// The built site in real browsers. `built` is how building it ended, if that was tried already.
fn browser_tests(filter: Option<&str>, built: Option<Result<()>>) -> Result<Count> {
    let runner = Path::new("tests/browser/run.mjs");
    ensure!(
        root().join(runner).exists(),
        "{} is missing",
        runner.display()
    );
    match built {
        Some(built) => built?,
        None => {
            setup::browsers()?;
            site::build(false)?;
        }
    }
    say("tests in browsers");
    let mut command = Command::new("node");
    command
        .current_dir(root())
        .arg(runner)
        .args(["--site", "target/site"])
        .args(filter);
    let (lines, succeeded) = echo(&mut command)?;
    let mut count = lines
        .iter()
        .rev()
        .find_map(|line| parse_count(line))
        .unwrap_or_default();
    if count == Count::default() && filter.is_none() {
        bail!("{} ran no test", runner.display());
    }
    if !succeeded && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

/// Runs a command, showing and keeping the lines of its standard output.
fn echo(command: &mut Command) -> Result<(Vec<String>, bool)> {
    if env::var_os("CI")
        .as_deref()
        .is_some_and(|ci| ci != OsStr::new(""))
    {
        command.env("CARGO_TERM_PROGRESS_WHEN", "never");
    }
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = child
        .stdout
        .take()
        .context("the standard output is piped")?;
    let mut lines = vec![];
    for line in BufReader::new(stdout).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        lines.push(line);
    }
    Ok((lines, child.wait()?.success()))
}

/// Sums the results of `cargo test`. A program that started and gave no result has crashed: one failure.
fn cargo_count(lines: &[String]) -> Count {
    let mut count = Count::default();
    let (mut started, mut ended) = (0, 0);
    for line in lines {
        if is_start(line) {
            started += 1;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            ended += 1;
            count += Count {
                passed: number_before(result, "passed"),
                failed: number_before(result, "failed"),
                skipped: number_before(result, "ignored"),
            };
        }
    }
    count.failed += usize::saturating_sub(started, ended);
    count
}

/// `running 12 tests`
fn is_start(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    matches!(words[..], ["running", number, "test" | "tests"] if number.parse::<usize>().is_ok())
}

/// `3 passed, 0 failed, 1 skipped`
fn parse_count(line: &str) -> Option<Count> {
    let count = Count {
        passed: number_before(line, "passed"),
        failed: number_before(line, "failed"),
        skipped: number_before(line, "skipped"),
    };
    (line.trim() == count.to_string()).then_some(count)
}

/// The number that stands before a word, else 0.
fn number_before(line: &str, word: &str) -> usize {
    let words: Vec<&str> = line
        .split([' ', ',', ';'])
        .filter(|word| !word.is_empty())
        .collect();
    let pair = words.windows(2).find(|pair| pair[1] == word);
    pair.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn results_of_several_programs_are_summed() {
        let count = cargo_count(&lines(
            "running 15 tests\ntest a ... ok\ntest result: ok. 12 passed; 2 failed; 1 ignored; 0 measured; 0 filtered \
             out; finished in 0.10s\nrunning 1 test\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured",
        ));
        assert_eq!(
            count,
            Count {
                passed: 13,
                failed: 2,
                skipped: 1
            }
        );
    }

    #[test]
    fn a_program_without_a_result_is_a_failure() {
        let count = cargo_count(&lines(
            "running 2 tests\ntest a ... ok\nrunning 1 test\ntest result: ok. 1 passed;",
        ));
        assert_eq!(
            count,
            Count {
                passed: 1,
                failed: 1,
                skipped: 0
            }
        );
    }

    #[test]
    fn only_a_whole_line_is_a_count() {
        let count = Count {
            passed: 3,
            failed: 0,
            skipped: 1,
        };
        assert_eq!(parse_count("3 passed, 0 failed, 1 skipped"), Some(count));
        assert_eq!(parse_count("chromium: 3 passed, 0 failed, 1 skipped"), None);
        assert_eq!(parse_count("3 passed"), None);
    }

    #[test]
    fn a_locked_version_is_that_of_the_very_package() {
        let lock = "name = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.130"));
    }

    #[test]
    fn a_part_that_cannot_run_is_a_failure() {
        let count = counted("part", Err(anyhow::anyhow!("nothing there")));
        assert_eq!(
            count,
            Count {
                passed: 0,
                failed: 1,
                skipped: 0
            }
        );
    }
}
