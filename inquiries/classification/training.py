"""Learn from examples. The only module that needs numpy and scikit-learn: import it late.

Words half weight beside runs of 3 to 5 characters, inverse document frequency, each block of a
message brought to length 1, logistic regression with balanced classes: docs/classifier.md says
what was compared.
"""

from __future__ import annotations

import typing as t
from array import array
from collections import Counter

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from inquiries.classification.engine import Balance, FastEngine
from inquiries.classification.features import counts, read
from inquiries.classification.learnt import (
    IDF_UNIT,
    LARGEST,
    WORDS_BESIDE_GRAMS,
    Learnt,
    least_squares,
    rows_of_word,
)
from inquiries.classification.prior import Prior

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from inquiries.classification.examples import Example
    from inquiries.classification.features import Phrase, Word
    from inquiries.classification.prior import WordList

    Numbers = np.ndarray[t.Any, np.dtype[np.float64]]
    Positions = np.ndarray[t.Any, np.dtype[np.int64]]

LEANING = 5.0
"""Scale of the leanings' feature: large, so that regularisation hardly touches them."""
BITS = 17
BITS_OF_MANY = 18
MANY = 3000
"""Examples from which on the table is larger and the balance is fitted on one fifth only."""
FOLDS = 5
CAUTION = 80
"""What comes in is never quite like the examples: with n of them, n / (n + 80) of the weight."""
_FEWEST = 40
"""Examples below which a balance fitted on them would be chance."""


def train(
    examples: Sequence[Example],
    lists: Mapping[str, WordList],
    *,
    topics: Sequence[str] = (),
    ignored: Sequence[Phrase] = (),
) -> FastEngine:
    """Return an engine that knows the word lists and has learnt from the examples.

    Args:
        examples: may be empty; then only the word lists decide.
        lists: word list by topic; those of topics that are not judged are left out.
        topics: keys to judge by; without them, those that occur in the examples.
        ignored: names that say nothing about a message.

    Deterministic: the same arguments give the same engine.
    """
    keys = tuple(topics) or tuple(sorted({example.topic for example in examples}))
    if not keys:
        raise ValueError("neither topics nor examples to learn from")
    lists = {topic: words for topic, words in lists.items() if topic in keys}
    usable = [example for example in examples if example.topic in keys]
    taught = tuple(key for key in keys if any(example.topic == key for example in usable))
    if len(taught) < 2:
        return FastEngine(keys, lists, ignored=ignored)
    texts = [read(example.subject, example.body, ignored=ignored) for example in usable]
    labels = [example.topic for example in usable]
    # On sparse matrices more threads only wait for each other: a second becomes ten.
    with threadpool_limits(1):
        return _Training(keys, taught, lists, ignored, texts, labels).engine()


class _Training:
    """One training; the steps share the matrix of features."""

    def __init__(
        self,
        keys: tuple[str, ...],
        taught: tuple[str, ...],
        lists: Mapping[str, WordList],
        ignored: Sequence[Phrase],
        texts: Sequence[Sequence[Word]],
        labels: Sequence[str],
    ) -> None:

        self.keys, self.taught, self.lists, self.ignored = keys, taught, lists, ignored
        self.texts = texts
        self.right = np.array([taught.index(label) for label in labels])
        self.bits = BITS_OF_MANY if len(texts) > MANY else BITS
        self.features, self.said, self.idf = self._read_features()

    def engine(self) -> FastEngine:
        """Return the engine, trained on all examples."""
        learnt = self._as_table(*self._fit(np.arange(len(self.texts))))
        return FastEngine(
            self.keys,
            self.lists,
            ignored=self.ignored,
            learnt=learnt,
            taught=self.taught,
            balance=self._balance(learnt.rarity),
        )

    def _read_features(self) -> tuple[sparse.csr_matrix, Numbers, Numbers]:
        """Return messages × table rows, how much each message says, and frequencies of rows."""
        weighted = [counts(words) for words in self.texts]
        number = {word: n for n, word in enumerate({w: 0 for m in weighted for w in m})}
        rows, sizes, stem_rows, gram_counts = array("i"), array("i"), array("i"), array("f")
        for word in number:
            grams, stem_row = rows_of_word(word, self.bits)
            rows.extend(row for row, _ in grams)
            gram_counts.extend(count for _, count in grams)
            sizes.append(len(grams))
            stem_rows.append(stem_row)
        by_grams = self._words_by_rows(rows, sizes, gram_counts)
        by_stem = self._words_by_rows(stem_rows, [1] * len(number), [1.0] * len(number))
        words = _rows_of(
            [number[word] for message in weighted for word in message],
            [len(message) for message in weighted],
            [count for message in weighted for count in message.values()],
            len(number),
        )
        messages = [words @ block for block in (by_grams, by_stem)]
        seen = sum(np.bincount(m.indices, minlength=m.shape[1]) for m in messages)
        idf = np.log((1 + len(weighted)) / (1 + np.minimum(seen, len(weighted)))) + 1
        self.rarest = float(np.log(1 + len(weighted))) + 1.0
        lengths = [
            words.multiply(words) @ (block.multiply(block) @ idf**2) + least
            for block, least in zip((by_grams, by_stem), least_squares(self.rarest), strict=True)
        ]
        said = (1.0 - least_squares(self.rarest)[0] / lengths[0]).astype(np.float32)
        for message, length in zip(messages, lengths, strict=True):
            message.data *= idf[message.indices] * np.repeat(
                1 / np.sqrt(length), np.diff(message.indptr)
            )
        return messages[0] + WORDS_BESIDE_GRAMS * messages[1], said, idf

    def _words_by_rows(
        self, rows: Sequence[int], sizes: Sequence[int], values: Sequence[float]
    ) -> sparse.csr_matrix:
        return _rows_of(rows, sizes, values, 1 << self.bits)

    def _fit(self, messages: Positions) -> tuple[Numbers, Numbers]:
        """Return weights (taught topics × rows) and leanings, learnt from some messages."""
        features, leaning = self.features[messages], LEANING * self.said[messages]
        used = np.flatnonzero(np.bincount(features.indices, minlength=1 << self.bits))
        matrix = sparse.hstack([features[:, used], leaning.reshape(-1, 1)]).tocsr()
        model = LogisticRegression(
            C=1.0, class_weight="balanced", fit_intercept=False, max_iter=200, tol=1e-3
        )
        found = model.fit(matrix, self.right[messages]).coef_
        if len(model.classes_) == 2:
            found = np.vstack([-found, found]) / 2
        weights = np.zeros((len(self.taught), 1 << self.bits))
        weights[np.ix_(model.classes_, used)] = found[:, :-1]
        leanings = np.zeros(len(self.taught))
        leanings[model.classes_] = found[:, -1] * LEANING
        return weights, leanings

    def _as_table(self, weights: Numbers, leanings: Numbers) -> Learnt:
        """Return the weights as whole numbers, multiplied by the inverse document frequency."""
        scaled = weights * self.idf
        unit = float(np.abs(scaled).max()) / LARGEST or 1.0
        columns = np.vstack([self.idf * IDF_UNIT, scaled / unit]).T
        table = array("h", np.rint(columns).clip(-LARGEST, LARGEST).astype("=i2").tobytes())
        return Learnt(
            bits=self.bits,
            unit=unit,
            rarest=self.rarest,
            leanings=leanings.tolist(),
            table=table,
        )

    def _balance(self, rarity: Callable[[str], float]) -> Balance:
        """Return the weights of the two parts at which unseen messages get honest confidences."""
        if len(self.texts) < _FEWEST:
            return Balance()
        learnt: list[Numbers] = []
        right: list[int] = []
        asked: list[int] = []
        for known, unseen in self._folds():
            weights, leanings = self._fit(known)
            scores = self.features[unseen] @ weights.T + np.outer(self.said[unseen], leanings)
            learnt.append(scores - scores.mean(axis=1, keepdims=True))
            right += [self.keys.index(self.taught[n]) for n in self.right[unseen]]
            asked += unseen.tolist()
        scores = np.zeros((len(asked), len(self.keys)))
        scores[:, [self.keys.index(topic) for topic in self.taught]] = np.vstack(learnt)
        prior = Prior(self.keys, self.lists, rarity)
        said = np.array([prior.scores(prior.hits(self.texts[n])) for n in asked])

        def surprise(parts: Numbers) -> float:
            total = abs(parts[0]) * scores + abs(parts[1]) * said
            total = total - total.max(axis=1, keepdims=True)
            chosen = total[range(len(right)), right]
            return float((np.log(np.exp(total).sum(axis=1)) - chosen).mean())

        best = minimize(surprise, np.array([2.0, 0.5]), method="Nelder-Mead").x
        best = abs(best) * len(self.texts) / (len(self.texts) + CAUTION)
        return Balance(learnt=float(best[0]), words=float(best[1]))

    def _folds(self) -> Iterator[tuple[Positions, Positions]]:
        """Yield known and unseen messages; of many messages one division is enough."""
        numbers = np.arange(len(self.texts))
        if min(Counter(self.right.tolist()).values()) >= FOLDS:
            folds = StratifiedKFold(FOLDS, shuffle=True, random_state=7)
            divisions = list(folds.split(numbers, self.right))
        else:
            group = np.random.default_rng(7).permutation(numbers) % FOLDS
            divisions = [(numbers[group != g], numbers[group == g]) for g in range(FOLDS)]
        yield from divisions[:1] if len(self.texts) > MANY else divisions


def _rows_of(
    columns: Sequence[int], sizes: Sequence[int], values: Sequence[float], width: int
) -> sparse.csr_matrix:
    """Return a sparse matrix from its rows, one after the other, in single precision."""
    starts = np.concatenate([[0], np.cumsum(np.asarray(sizes))])
    return sparse.csr_matrix(
        (np.asarray(values, dtype=np.float32), np.asarray(columns, dtype=np.int32), starts),
        shape=(len(sizes), width),
    )
