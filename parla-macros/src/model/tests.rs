//! How literals and arithmetic are taken apart, and what is seen of bodies.

use syn::{Expr, parse_quote};

use super::lower::{index, parse_size, size};
use super::{Arithmetic, Body, Index, Number, Size};

#[test]
fn arithmetic_is_taken_apart_down_to_the_leaves() {
    let Index::Binary {
        left,
        op: Arithmetic::Add,
        right,
        ..
    } = index(parse_quote!(2 * i - 1 + x.len()))
    else {
        panic!("the last sum is the root");
    };
    assert!(matches!(*right, Index::Leaf(_)));
    let Index::Binary {
        left,
        op: Arithmetic::Sub,
        ..
    } = *left
    else {
        panic!("the difference is below it");
    };
    assert!(matches!(
        *left,
        Index::Binary {
            op: Arithmetic::Mul,
            ..
        }
    ));
}

#[test]
fn other_operations_are_leaves() {
    for expr in [
        parse_quote!(i << 2),
        parse_quote!(i & 1 + 2),
        parse_quote!(!i),
        parse_quote!(i as usize),
        parse_quote!(18_446_744_073_709_551_615),
        parse_quote!("x"),
    ] {
        let expr: Expr = expr;
        assert!(matches!(index(expr), Index::Leaf(_)));
    }
}

#[test]
fn constants_are_folded_without_overflow() {
    assert_eq!(index(parse_quote!(-(2 + 3) * 4)).constant(), Some(-20));
    assert_eq!(index(parse_quote!(7 / 2 % 2)).constant(), Some(1));
    assert_eq!(index(parse_quote!(1 / 0)).constant(), None);
    assert_eq!(
        index(parse_quote!(9_223_372_036_854_775_807 + 1)).constant(),
        None
    );
    assert_eq!(index(parse_quote!(i - i)).constant(), None);
}

#[test]
fn sizes_are_exact() {
    assert_eq!(parse_size("2 GiB"), Some(2_147_483_648));
    assert_eq!(parse_size("1.5KiB"), Some(1536));
    assert_eq!(parse_size(" 0.1 GB "), Some(100_000_000));
    assert_eq!(parse_size("7 B"), Some(7));
    assert_eq!(
        parse_size("16777216 TiB"),
        None,
        "2^64 bytes are one too many"
    );
    for wrong in [
        "", "2", "2 gib", "GiB", "-1 GB", "1,5 GB", "1. GB", ".5 GB", "1.2.3 GB", "1 GB x",
    ] {
        assert_eq!(parse_size(wrong), None, "{wrong:?}");
    }
}

#[test]
fn amounts_keep_their_sign() {
    assert_eq!(
        super::lower::amount(parse_quote!(-3)).number,
        Number::Integer(-3)
    );
    assert_eq!(
        super::lower::amount(parse_quote!((0.5))).number,
        Number::Decimal(0.5)
    );
    assert_eq!(super::lower::amount(parse_quote!("x")).number, Number::Text);
    assert_eq!(
        super::lower::amount(parse_quote!(x)).number,
        Number::Unknown
    );
    assert!(matches!(
        size(parse_quote!(1024)),
        Size::Bytes { bytes: 1024, .. }
    ));
    assert!(matches!(
        size(parse_quote!((1024))),
        Size::Bytes { bytes: 1024, .. }
    ));
    assert!(matches!(size(parse_quote!(-1)), Size::Wrong { .. }));
    assert!(matches!(size(parse_quote!(n * 8)), Size::Unknown(_)));
}

#[test]
fn only_bodies_without_any_other_result_diverge() {
    let diverges = |expr: Expr| super::diverges(&expr);
    assert!(diverges(parse_quote!(panic!("x"))));
    assert!(diverges(parse_quote!({
        prepare();
        std::todo!()
    })));
    assert!(diverges(parse_quote!({
        panic!();
    })));
    assert!(diverges(parse_quote!(loop {
        step();
    })));
    assert!(diverges(parse_quote!(if a {
        panic!()
    } else {
        unreachable!()
    })));
    assert!(!diverges(parse_quote!(loop {
        break 3;
    })));
    assert!(!diverges(parse_quote!({
        if a {
            return 3;
        }
        panic!()
    })));
    assert!(!diverges(parse_quote!({
        a?;
        panic!()
    })));
    assert!(!diverges(parse_quote!(if a {
        panic!()
    })));
    assert!(!diverges(parse_quote!(3)));
}

#[test]
fn awaits_count_only_in_the_body_itself() {
    let awaits = |closure: syn::ExprClosure| Body::Closure(closure).awaits_in_sync().len();
    assert_eq!(awaits(parse_quote!(|| a.await + b.await)), 2);
    assert_eq!(awaits(parse_quote!(|| println!("{}", a.await))), 1);
    assert_eq!(
        awaits(parse_quote!(|| {
            let f = async { a.await };
            run(f)
        })),
        0
    );
    assert_eq!(awaits(parse_quote!(|| run(async || a.await))), 0);
    assert_eq!(awaits(parse_quote!(|| run!(async move { a.await }))), 0);
    assert_eq!(
        awaits(parse_quote!(|| {
            async fn f() {
                a.await
            }
        })),
        0
    );
    assert_eq!(awaits(parse_quote!(async || a.await)), 0);
}
