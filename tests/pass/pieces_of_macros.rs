//! What declarative macros put together: a piece stays one, wherever it stands.

use parla::prelude::*;

#[task]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[task]
async fn later(a: i64) -> i64 {
    a
}

macro_rules! program {
    ($e:expr, $range:expr, $negative:expr, $function:path, $call:expr, $closure:expr, $pat:pat, $ty:ty) => {
        #[parla::main]
        async fn main() -> parla::Result<()> {
            assert_eq!($e * 2, 4);
            let twice = $e * 2;
            assert_eq!(twice, 4);
            assert_eq!($range.len(), 3);
            assert_eq!($negative.pow(2), 9);
            assert_eq!($closure(), 5);
            assert!(matches!(1, $pat));
            let (2, $pat) = (2, 0) else { panic!("{}", $e) };
            let text: $ty = "text";
            assert_eq!(text.len(), 4);

            let t = TaskSpace::new("T");
            let i = 3_usize;
            let product = #[spawn(t[i * $e], memory = (64))]
            || $e * 2;
            assert_eq!(product.name().to_string(), "T[6]");
            assert_eq!(product.await?, 4);
            let negated = #[spawn(t[-$e + 20])]
            || ();
            assert_eq!(negated.name().to_string(), "T[18]");
            let difference = #[spawn(t[20 - $negative - $e], deps = [t[$range]])]
            || ();
            assert_eq!(difference.name().to_string(), "T[21]");
            for i in $range {
                #[spawn(t[i])]
                fn one() -> i64 {
                    $e * 2
                }
                assert_eq!(one.await?, 4);
            }
            let called = #[spawn]
            $function($e * 2, $negative.abs());
            assert_eq!(called.await?, 7);
            let called = #[spawn]
            $call;
            assert_eq!(called.await?, 3);
            let ran = #[spawn]
            $closure;
            assert_eq!(ran.await?, 5);
            let awaited = #[spawn]
            later($e * 2).await;
            assert_eq!(awaited.await?, 4);
            difference.await?;
            Ok(())
        }
    };
}

program!(1 + 1, 0..3, -3_i64, add, add(1, 2), || 5, 0 | 1, &str);
