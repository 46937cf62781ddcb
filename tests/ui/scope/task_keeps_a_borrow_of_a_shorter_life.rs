#[parla::main]
fn main() {
    let mut longest = String::new();
    parla::scope(|s| {
        let word = String::from("inner");
        let longest = &mut longest;
        s.task().spawn(move || *longest = String::from(&*word));
        println!("{word}");
    })
    .unwrap();
    println!("{longest}");
}
