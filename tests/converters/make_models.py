#!/usr/bin/env python3
"""Makes ONNX files with the converters that people use (skl2onnx, onnxmltools) and, beside each, what the library itself answers.
Usage: make_models.py FOLDER, with build/python/converters on PYTHONPATH.
"""
import sys
import warnings

import lightgbm
import numpy as np
import xgboost
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType
from sklearn import calibration, cluster, compose, decomposition, ensemble, feature_extraction, impute, linear_model, multioutput
from sklearn import naive_bayes, neighbors, neural_network, pipeline, preprocessing, svm, tree

from model_case import Folder

warnings.filterwarnings("ignore")
random = np.random.default_rng(7)
X = random.normal(size=(400, 6)).astype(np.float32)
MISSING = np.where(random.random(X.shape) < 0.1, np.nan, X).astype(np.float32)
Y2 = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(np.int64)
Y3 = np.digitize(X[:, 0] + X[:, 1], [-0.7, 0.7]).astype(np.int64)
REAL = (X[:, 0] * 2 - X[:, 3] + 0.1 * X[:, 1]).astype(np.float32)
WORDS = np.array(["late", "on time", "cancelled"])
CARRIERS = np.array(["UA", "DL", "AA", "WN"])[random.integers(0, 4, 400)]
COUNTS = random.integers(0, 5, (400, 6)).astype(np.int64)
ROWS = slice(0, 25)


def classifier(folder, name, model, x, y, types=None):
    model.fit(x, y)
    types = types or [("X", FloatTensorType([None, x.shape[1]]))]
    onnx = to_onnx(model, initial_types=types, options={id(model): {"zipmap": False}})
    folder.scored(name, onnx.SerializeToString(), {"X": x[ROWS]},
                  {"label": model.predict(x[ROWS]), "probabilities": model.predict_proba(x[ROWS])})


def regressor(folder, name, model, x, y, types=None):
    model.fit(x, y)
    onnx = to_onnx(model, initial_types=types or [("X", FloatTensorType([None, x.shape[1]]))])
    expected = model.predict(x[ROWS])
    folder.scored(name, onnx.SerializeToString(), {"X": x[ROWS]}, {"variable": expected.reshape(len(expected), -1)})


def transformer(folder, name, model, x, types=None):
    model.fit(x)
    onnx = to_onnx(model, initial_types=types or [("X", FloatTensorType([None, x.shape[1]]))])
    expected = model.transform(x[ROWS])
    expected = expected.toarray() if hasattr(expected, "toarray") else expected
    folder.scored(name, onnx.SerializeToString(), {"X": x[ROWS]}, {onnx.graph.output[0].name: expected})


def sklearn_classifiers(folder):
    classifier(folder, "sk_logistic", linear_model.LogisticRegression(), X, Y2)
    classifier(folder, "sk_logistic_three", linear_model.LogisticRegression(), X, Y3)
    classifier(folder, "sk_logistic_words", linear_model.LogisticRegression(), X, WORDS[Y3])
    classifier(folder, "sk_forest", ensemble.RandomForestClassifier(20, random_state=1), X, Y2)
    classifier(folder, "sk_forest_words", ensemble.RandomForestClassifier(10, random_state=1), X, WORDS[Y3])
    classifier(folder, "sk_extra_trees", ensemble.ExtraTreesClassifier(10, random_state=1), X, Y3)
    classifier(folder, "sk_boosting", ensemble.GradientBoostingClassifier(n_estimators=20), X, Y2)
    classifier(folder, "sk_ada_boost", ensemble.AdaBoostClassifier(n_estimators=5), X, Y2)
    classifier(folder, "sk_tree", tree.DecisionTreeClassifier(max_depth=5), X, Y3)
    classifier(folder, "sk_neighbours", neighbors.KNeighborsClassifier(3), X, Y2)
    classifier(folder, "sk_bayes", naive_bayes.GaussianNB(), X, Y3)
    classifier(folder, "sk_bayes_counts", naive_bayes.MultinomialNB(), COUNTS, Y2, [("X", Int64TensorType([None, 6]))])
    classifier(folder, "sk_network", neural_network.MLPClassifier((8,), max_iter=50, random_state=1), X, Y2)
    classifier(folder, "sk_calibrated", calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=2), X, Y2)
    voters = [("a", linear_model.LogisticRegression()), ("b", naive_bayes.GaussianNB())]
    voting = ensemble.VotingClassifier(voters, voting="soft", flatten_transform=False)
    classifier(folder, "sk_voting", voting, X, Y2)
    scaled = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler(), linear_model.LogisticRegression())
    classifier(folder, "sk_pipeline", scaled, MISSING, Y2)


def sklearn_others(folder):
    regressor(folder, "sk_linear", linear_model.LinearRegression(), X, REAL)
    regressor(folder, "sk_ridge_double", linear_model.Ridge(), X.astype(np.float64), REAL, [("X", DoubleTensorType([None, 6]))])
    regressor(folder, "sk_forest_regressor", ensemble.RandomForestRegressor(10, random_state=1), X, REAL)
    regressor(folder, "sk_support_vectors", svm.SVR(), X, REAL)
    regressor(folder, "sk_network_regressor", neural_network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=50, random_state=1), X, REAL)
    regressor(folder, "sk_two_targets", multioutput.MultiOutputRegressor(linear_model.Ridge()), X, np.c_[REAL, -REAL])
    transformer(folder, "sk_scaler", preprocessing.StandardScaler(), X)
    transformer(folder, "sk_components", decomposition.PCA(3, random_state=1), X)
    words = CARRIERS.reshape(-1, 1).astype(object)
    transformer(folder, "sk_one_hot_words", preprocessing.OneHotEncoder(), words, [("X", StringTensorType([None, 1]))])
    transformer(folder, "sk_ordinal_words", preprocessing.OrdinalEncoder(), words, [("X", StringTensorType([None, 1]))])

    means = cluster.KMeans(4, random_state=1, n_init=1).fit(X)
    onnx = to_onnx(means, initial_types=[("X", FloatTensorType([None, 6]))])
    folder.scored("sk_clusters", onnx.SerializeToString(), {"X": X[ROWS]},
                  {"label": means.predict(X[ROWS]), "scores": means.transform(X[ROWS])})
    lonely = ensemble.IsolationForest(n_estimators=10, random_state=1).fit(X)
    onnx = to_onnx(lonely, initial_types=[("X", FloatTensorType([None, 6]))], target_opset={"": 15, "ai.onnx.ml": 3})
    folder.scored("sk_isolation", onnx.SerializeToString(), {"X": X[ROWS]},
                  {"label": lonely.predict(X[ROWS]).reshape(-1, 1), "scores": lonely.decision_function(X[ROWS]).reshape(-1, 1)})
    texts = np.array(["late again", "on time", "late late", "never again on"], dtype=object)
    counter = feature_extraction.text.CountVectorizer(lowercase=False).fit(texts)  # True needs the locale en_US.UTF-8
    onnx = to_onnx(counter, initial_types=[("X", StringTensorType([None]))])
    folder.scored("sk_words_of_texts", onnx.SerializeToString(), {"X": texts},
                  {onnx.graph.output[0].name: counter.transform(texts).toarray().astype(np.float32)})


def several_inputs(folder):
    columns = compose.ColumnTransformer([("carrier", preprocessing.OneHotEncoder(handle_unknown="ignore"), [0]),
                                         ("numbers", preprocessing.StandardScaler(), [1, 2])])
    model = pipeline.make_pipeline(columns, linear_model.LogisticRegression())
    table = np.empty((400, 3), dtype=object)
    table[:, 0], table[:, 1], table[:, 2] = CARRIERS, X[:, 0], X[:, 1]
    model.fit(table, WORDS[Y3])
    types = [("carrier", StringTensorType([None, 1])), ("numbers", FloatTensorType([None, 2]))]
    onnx = to_onnx(model, initial_types=types, options={id(model): {"zipmap": False}})
    inputs = {"carrier": CARRIERS[ROWS].reshape(-1, 1).astype(object), "numbers": X[ROWS, :2]}
    folder.scored("sk_words_and_numbers", onnx.SerializeToString(), inputs,
                  {"label": model.predict(table[ROWS]), "probabilities": model.predict_proba(table[ROWS])})


def zip_maps(folder):
    model = linear_model.LogisticRegression().fit(X, Y2)
    types = [("X", FloatTensorType([None, 6]))]
    folder.refused("sk_zipmap", to_onnx(model, initial_types=types).SerializeToString(),
                   'output "output_probability" of the ONNX model is a sequence of maps: convert with zipmap=False')
    onnx = to_onnx(model, initial_types=types, options={id(model): {"zipmap": "columns"}})
    expected = model.predict_proba(X[ROWS])
    names = [output.name for output in onnx.graph.output]
    folder.scored("sk_zipmap_columns", onnx.SerializeToString(), {"X": X[ROWS]},
                  {names[0]: model.predict(X[ROWS]), names[1]: expected[:, 0], names[2]: expected[:, 1]})
    boosted = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(X, Y2)
    onnx = convert_lightgbm(boosted, initial_types=[("X", ToolsFloat([None, 6]))], zipmap=True)
    folder.refused("lightgbm_zipmap", onnx.SerializeToString(), "is a sequence of maps: convert with zipmap=False")


def boosted_trees(folder):
    tools = [("X", ToolsFloat([None, 6]))]
    for name, y in [("binary", Y2), ("three", Y3)]:
        model = lightgbm.LGBMClassifier(n_estimators=20, verbose=-1).fit(MISSING, y)
        onnx = convert_lightgbm(model, initial_types=tools, zipmap=False, target_opset=15)
        names = [output.name for output in onnx.graph.output]
        folder.scored(f"lightgbm_{name}", onnx.SerializeToString(), {"X": MISSING[ROWS]},
                      {names[0]: model.predict(MISSING[ROWS]), names[1]: model.predict_proba(MISSING[ROWS])},
                      batches=False)  # onnxmltools says that the label is one for all rows
        model = xgboost.XGBClassifier(n_estimators=20).fit(MISSING, y)
        onnx = convert_xgboost(model, initial_types=tools, target_opset=15)
        folder.scored(f"xgboost_{name}", onnx.SerializeToString(), {"X": MISSING[ROWS]},
                      {"label": model.predict(MISSING[ROWS]).astype(np.int64), "probabilities": model.predict_proba(MISSING[ROWS])})
    model = lightgbm.LGBMRegressor(n_estimators=20, verbose=-1).fit(MISSING, REAL)
    onnx = convert_lightgbm(model, initial_types=tools, target_opset=15)
    folder.scored("lightgbm_regressor", onnx.SerializeToString(), {"X": MISSING[ROWS]},
                  {onnx.graph.output[0].name: model.predict(MISSING[ROWS]).reshape(-1, 1)})
    model = xgboost.XGBRegressor(n_estimators=20).fit(MISSING, REAL)
    onnx = convert_xgboost(model, initial_types=tools, target_opset=15)
    folder.scored("xgboost_regressor", onnx.SerializeToString(), {"X": MISSING[ROWS]},
                  {"variable": model.predict(MISSING[ROWS]).reshape(-1, 1)})


def main():
    folder = Folder(sys.argv[1])
    for make in (sklearn_classifiers, sklearn_others, several_inputs, zip_maps, boosted_trees):
        make(folder)
    print(f"{folder.count} models")


main()
