use super::*;
use std::time::Duration;

use alloy::signers::local::PrivateKeySigner;
use tempfile::tempdir;

const DOMAIN: Domain = Domain { chain_id: 31_337, contract: Address::repeat_byte(7) };
const SERVING: Serving = Serving { deal: 7, slot: 1, number: 3, provider: Address::repeat_byte(9) };
const PRICE: U96 = U96::from_limbs([86_400_000_000, 0]);

fn invocation(duration_ms: u32) -> Invocation {
    Invocation { started_at_ms: 1_000, duration_ms, millicores: 1_000, memory_mib: 1, fuel: 5 }
}

async fn filled(folder: &Path) -> Result<Book> {
    let book = Book::open(folder, DOMAIN, SERVING, PRICE).await?;
    for number in 1..=5_u8 {
        assert!(book.begin(B256::repeat_byte(number)));
        let entry = book.note(B256::repeat_byte(number), &invocation(number.into())).await?;
        assert_eq!((entry.index, entry.charge), (u64::from(number) - 1, 1_000 * u128::from(number)));
    }
    Ok(book)
}

#[tokio::test]
async fn a_book_is_the_same_after_a_restart() -> Result<()> {
    let folder = tempdir()?;
    let book = filled(folder.path()).await?;
    let (entries, claim) = (book.entries(0), book.claim(None).context("nothing is signed for")?);
    assert_eq!((claim.invocations, claim.amount, entries.entries.len()), (5, 15_000, 5));
    assert_eq!(book.entries(3).entries, entries.entries[3..]);
    assert_eq!((book.entries(9).entries, book.entries(9).size), (Vec::new(), 5));
    drop(book);

    let book = Book::open(folder.path(), DOMAIN, SERVING, PRICE).await?;
    assert_eq!((book.entries(0), book.claim(None)), (entries, Some(claim)));
    assert!(!book.begin(B256::repeat_byte(5)), "it was taken on before the restart");
    drop(book);
    let other = Book::open(folder.path(), DOMAIN, SERVING, U96::from(1)).await;
    assert!(other.expect_err("another price").to_string().contains("--state"));
    Ok(())
}

#[tokio::test]
async fn a_book_of_a_price_that_there_cannot_be_is_refused() -> Result<()> {
    let folder = tempdir()?;
    drop(filled(folder.path()).await?);
    let path = path_of(folder.path(), target_of(SERVING));
    let (price, damaged) = (format!("\"{PRICE}\""), format!("\"{}\"", u128::MAX));
    std::fs::write(&path, std::fs::read_to_string(&path)?.replacen(&price, &damaged, 1))?;
    let refused = Books::new(folder.path().to_owned(), DOMAIN).load().await.expect_err("nothing costs so much");
    assert!(refused.to_string().contains("give another --state"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn anybody_checks_a_record_against_the_root_of_a_voucher() -> Result<()> {
    let folder = tempdir()?;
    let book = filled(folder.path()).await?;
    let claim = book.claim(None).context("nothing is signed for")?;
    for index in 0..5 {
        let proof = book.proof(index, None).context("the record is there")?;
        assert!(proof.holds(claim.usage_root, claim.invocations));
        let forged = Proof { entry: Entry { charge: proof.entry.charge + 1, ..proof.entry }, ..proof.clone() };
        assert!(!forged.holds(claim.usage_root, claim.invocations));
        assert!(!proof.holds(B256::ZERO, claim.invocations), "usage that does not match the root");
    }
    let early = book.proof(1, Some(2)).context("the record is there")?;
    assert!(early.holds(early.root, 2) && early.root != claim.usage_root);
    assert!(book.proof(2, Some(2)).is_none() && book.proof(0, Some(6)).is_none());
    Ok(())
}

#[tokio::test]
async fn only_vouchers_for_its_own_usage_are_kept() -> Result<()> {
    let folder = tempdir()?;
    let book = filled(folder.path()).await?;
    let gateway = PrivateKeySigner::random();
    let claim = book.claim(None).context("nothing is signed for")?;
    let (amount, usage_root) = (claim.amount, claim.usage_root);
    let voucher = metering::Voucher { serving: SERVING, amount, invocations: 5, from: 0, until: 9, usage_root };
    let sign = |voucher: &metering::Voucher| Signed::new(DOMAIN, &gateway, voucher);
    let good = sign(&voucher)?;
    let other = Serving { number: 4, ..SERVING };
    for (wrong, why) in [
        (sign(&metering::Voucher { serving: other, ..voucher })?, "another serving"),
        (sign(&metering::Voucher { amount: amount - 1, ..voucher })?, "pays 14999 for what costs 15000"),
        (sign(&metering::Voucher { usage_root: B256::ZERO, ..voucher })?, "root"),
        (sign(&metering::Voucher { invocations: 6, ..voucher })?, "root"),
        (Signed { gateway: Address::ZERO, ..good.clone() }, "not signed by"),
    ] {
        let error = book.keep(DOMAIN, wrong, None).await.expect_err("it is wrong").to_string();
        assert!(error.contains(why), "{error}");
    }
    book.keep(DOMAIN, good.clone(), None).await?;
    assert_eq!((book.voucher(), book.claim(None)), (Some(good.clone()), None));
    drop(book);
    let book = Book::open(folder.path(), DOMAIN, SERVING, PRICE).await?;
    assert_eq!((book.voucher(), book.claim(None)), (Some(good), None));
    Ok(())
}

#[tokio::test]
async fn what_came_after_the_end_of_a_serving_is_claimed_once_and_the_rest_redeemed() -> Result<()> {
    let folder = tempdir()?;
    let book = filled(folder.path()).await?;
    let gateway = PrivateKeySigner::random();
    let sign = |size: usize, from, until| {
        let proof = book.proof(0, Some(u64::try_from(size)?)).context("the records are there")?;
        let amount = book.lock().amount_of(size);
        let (invocations, usage_root) = (size as u64, proof.root);
        Signed::new(
            DOMAIN,
            &gateway,
            &metering::Voucher { serving: SERVING, amount, invocations, from, until, usage_root },
        )
    };
    let (early, all, cut) = (sign(2, 0, 10)?, sign(5, 10, 30)?, sign(4, 10, 20)?);
    book.keep(DOMAIN, early.clone(), None).await?;
    book.keep(DOMAIN, all.clone(), None).await?;
    assert_eq!((book.claim(None), book.redeemable(None)), (None, Some(all.clone())));
    assert!(book.keep(DOMAIN, cut.clone(), None).await.is_err(), "it takes back what was signed");
    // A failover ends it in the midst of what was signed for.
    assert_eq!(book.redeemable(Some(20)), Some(early), "the last that is worth something");
    let claim = book.claim(Some(20)).context("more can be signed for")?;
    book.keep(DOMAIN, cut.clone(), Some(20)).await?;
    let stale = book.answered(&claim, &all, Some(20), 25).expect_err("it is worth nothing").to_string();
    assert!(stale.contains("until 30, and the serving ends at 20"), "{stale}");
    let early_on = book.answered(&claim, &cut, Some(20), 19).expect_err("more may come before the end").to_string();
    assert!(early_on.contains("for 4 invocations of the 5"), "{early_on}");
    assert_eq!(book.claim(Some(20)), Some(claim.clone()), "it stands");
    let replayed = book.answered(&claim, &cut, Some(62), 70).expect_err("the fifth began before the end").to_string();
    assert!(replayed.contains("for 4 invocations of the 5"), "{replayed}");
    book.answered(&claim, &cut, Some(20), 20)?;
    assert_eq!((book.claim(Some(20)), book.redeemable(Some(20))), (None, Some(cut.clone())));
    assert_eq!((book.unpaid(Some(20), 3_000), book.unpaid(Some(9), 0)), ((5_000, 7_000), (15_000, 0)));
    book.redeemed(&cut);
    assert_eq!(book.redeemable(Some(20)), None);
    drop(book);
    let book = Book::open(folder.path(), DOMAIN, SERVING, PRICE).await?;
    assert_eq!((book.redeemable(Some(20)), book.redeemable(None)), (Some(cut), Some(all)));
    Ok(())
}

#[tokio::test]
async fn a_book_is_put_away_when_nobody_reads_in_it_and_shown_without_being_opened() -> Result<()> {
    let folder = tempdir()?;
    drop(filled(folder.path()).await?);
    let (books, target) = (Books::new(folder.path().to_owned(), DOMAIN), target_of(SERVING));
    books.load().await?;
    let book = books.all().await.pop().context("it is loaded")?;
    let (entries, proof) = (book.entries(0), book.proof(1, None));
    books.close(target).await?;
    assert_eq!(books.all().await.len(), 1, "somebody has it");
    drop(book);
    books.close(target).await?;
    assert!(books.all().await.is_empty() && !path_of(folder.path(), target).exists());

    let books = Books::new(folder.path().to_owned(), DOMAIN);
    books.load().await?;
    assert!(books.all().await.is_empty(), "history is not opened");
    for _ in 0..2 {
        let shown = books.get(target).await?.context("who asks reads it")?;
        assert_eq!((shown.entries(0), shown.proof(1, None)), (entries.clone(), proof.clone()));
        let closed = shown.note(B256::repeat_byte(6), &invocation(1)).await.expect_err("nothing is added");
        assert!(closed.to_string().contains("closed"), "{closed}");
    }
    assert!(books.all().await.is_empty() && books.get(Target { serving: 4, ..target }).await?.is_none());
    Ok(())
}

#[test]
fn a_book_that_nobody_waits_for_is_read_to_its_end_and_kept() -> Result<()> {
    // One thread for what blocks, and it is taken.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build()?;
    runtime.block_on(async {
        let folder = tempdir()?;
        drop(filled(folder.path()).await?);
        let (books, target) = (Books::new(folder.path().to_owned(), DOMAIN), target_of(SERVING));
        let (release, released) = std::sync::mpsc::channel::<()>();
        let taken = spawn_blocking(move || released.recv());
        let hung_up = tokio::time::timeout(Duration::ZERO, books.get(target)).await;
        assert!(hung_up.is_err(), "it is not read yet");
        release.send(())?;
        taken.await??;
        // The next in the same thread ends after the reading.
        spawn_blocking(|| ()).await?;
        std::fs::remove_file(path_of(folder.path(), target))?;
        assert!(books.get(target).await?.is_some(), "it was read, and nobody reads it again");
        Ok(())
    })
}
