"""What a language model says of answers: whether the quotes bear them out, and whether they answer the question.

Off unless somebody calls it, and never the model that answered: the record names the judge apart. The prompts and
scales are those of LlamaIndex's `FaithfulnessEvaluator` (0 or 1) and `AnswerRelevancyEvaluator` (0, 0.5 or 1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from evals.record import CaseRecord, RunRecord

if TYPE_CHECKING:
    from llama_index.core.llms import LLM


def judged(record: RunRecord, llm: LLM, progress: Callable[[int], None] = lambda count: None) -> RunRecord:
    """A record with the judge's scores added, `faithfulness` and `answer_relevance`, and its name among the models.

    Args:
        record: a run; refusals and failures have nothing to judge, and get no score.
        llm: the judge, with whatever settings it is to be pinned to.
        progress: told how many cases were judged since the last call.
    """
    from llama_index.core.evaluation import AnswerRelevancyEvaluator, FaithfulnessEvaluator

    faithful, relevant = FaithfulnessEvaluator(llm=llm), AnswerRelevancyEvaluator(llm=llm)

    def judge(case: CaseRecord) -> CaseRecord:
        progress(1)
        if not case.citations:
            return case
        question = case.standalone_question or case.turns[-1]
        quotes = [f"{c.title}, {c.date}: {c.quote}" for c in case.citations]
        verdicts = {
            "faithfulness": faithful.evaluate(query=question, response=case.text, contexts=quotes),
            "answer_relevance": relevant.evaluate(query=question, response=case.text),
        }
        scores = {name: v.score for name, v in verdicts.items() if v.score is not None and not v.invalid_result}
        return case.model_copy(update={"scores": {**case.scores, **scores}})

    models = {**record.models, "judge": llm.metadata.model_name}
    return record.model_copy(update={"models": models, "cases": tuple(map(judge, record.cases))})
