//! Runs the checks of `robust` by libFuzzer, which changes inputs by what they reach. `scripts/fuzz --guided TARGET` starts it.

#[path = "../tests/it/robust/mod.rs"]
mod robust;

pub(crate) mod guide {
    use std::ffi::{CString, c_char, c_int};
    use std::fs;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::Path;
    use std::process::abort;
    use std::sync::OnceLock;

    use libfuzzer_sys as _;

    type Check = Box<dyn Fn(&[u8]) + Send + Sync>;

    static CHECK: OnceLock<Check> = OnceLock::new();

    unsafe extern "C" {
        fn LLVMFuzzerRunDriver(
            argc: *mut c_int,
            argv: *mut *mut *mut c_char,
            callback: extern "C" fn(*const u8, usize) -> c_int,
        ) -> c_int;
    }

    extern "C" fn callback(data: *const u8, size: usize) -> c_int {
        let input = match size {
            0 => &[],
            // Safety: libFuzzer gives the address and the size of an input that is there until this returns.
            _ => unsafe { std::slice::from_raw_parts(data, size) },
        };
        rust_fuzzer_test_input(input)
    }

    /// libfuzzer-sys wants a function of this name, and gives it a slice.
    #[unsafe(no_mangle)]
    #[allow(improper_ctypes_definitions)]
    extern "C" fn rust_fuzzer_test_input(input: &[u8]) -> i32 {
        let Some(check) = CHECK.get() else { abort() };
        // The panic was printed; libFuzzer keeps the input of a process that aborts.
        if catch_unwind(AssertUnwindSafe(|| check(input))).is_err() {
            abort();
        }
        0
    }

    /// Runs `check` for `seconds` on changes of `seeds`. What fails is kept in `dir`, as is the corpus. Ends the process.
    pub(crate) fn run(dir: &Path, seconds: &str, seeds: &[Vec<u8>], check: Check) -> ! {
        let corpus = dir.join("corpus");
        fs::create_dir_all(&corpus).unwrap();
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(corpus.join(format!("seed-{number}")), seed).unwrap();
        }
        assert!(CHECK.set(check).is_ok(), "one target a process");
        let arguments = [
            "guided".to_owned(),
            corpus.display().to_string(),
            format!("-artifact_prefix={}/", dir.display()),
            format!("-max_total_time={seconds}"),
            // Bytes of an input, seconds for one, megabytes for all.
            "-max_len=4096".to_owned(),
            "-timeout=60".to_owned(),
            "-rss_limit_mb=4096".to_owned(),
            "-print_final_stats=1".to_owned(),
        ];
        let arguments = arguments.map(|it| CString::new(it).unwrap());
        let mut pointers: Vec<*mut c_char> =
            arguments.iter().map(|it| it.as_ptr().cast_mut()).collect();
        let mut count = c_int::try_from(pointers.len()).unwrap();
        pointers.push(std::ptr::null_mut());
        let mut list = pointers.as_mut_ptr();
        // Safety: `count` strings that live until the end, and behind them null, as for `main`.
        let code = unsafe { LLVMFuzzerRunDriver(&mut count, &mut list, callback) };
        std::process::exit(code)
    }
}
