use super::NEXT_DUE;
use crate::store::plans::whole_reads;

#[tokio::test]
async fn no_turn_reads_everything_that_was_ever_posted() {
    for asked in [sweep!(), posts!(), edits!(), looks!(), NEXT_DUE] {
        assert_eq!(whole_reads(asked).await, Vec::<String>::new(), "{asked}");
    }
}
