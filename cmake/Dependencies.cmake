# Every outside library, in one place; versions, licences and purposes are in docs/dependencies.md.
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(Boost 1.74 REQUIRED)  # Asio and Beast, headers only
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)

find_library(XGBOOST_LIBRARY xgboost REQUIRED)
find_path(XGBOOST_INCLUDE xgboost/c_api.h REQUIRED)
add_library(edgewise_xgboost INTERFACE)
target_include_directories(edgewise_xgboost SYSTEM INTERFACE ${XGBOOST_INCLUDE})
target_link_libraries(edgewise_xgboost INTERFACE ${XGBOOST_LIBRARY})

# ONNX Runtime: headers only; the library is opened at run time (src/score/onnx_engine.cc). tools/bootstrap puts both under build/deps.
set(EDGEWISE_ORT_ROOT "${PROJECT_SOURCE_DIR}/build/deps/onnxruntime" CACHE PATH "folder with include/ and lib/ of ONNX Runtime")
find_path(ORT_INCLUDE onnxruntime_c_api.h PATHS ${EDGEWISE_ORT_ROOT}/include PATH_SUFFIXES onnxruntime REQUIRED)
add_library(edgewise_ort_headers INTERFACE)
target_include_directories(edgewise_ort_headers SYSTEM INTERFACE ${ORT_INCLUDE})
target_link_libraries(edgewise_ort_headers INTERFACE ${CMAKE_DL_LIBS})
