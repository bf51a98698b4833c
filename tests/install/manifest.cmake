# `uninstall` goes by the manifest that every install writes into the build folder; what the user installed stays listed there.
function(save_manifest)
  file(REMOVE ${BUILD}/install_manifest.saved)
  if(EXISTS ${BUILD}/install_manifest.txt)
    file(RENAME ${BUILD}/install_manifest.txt ${BUILD}/install_manifest.saved)
  endif()
endfunction()

function(restore_manifest)
  file(REMOVE ${BUILD}/install_manifest.txt)
  if(EXISTS ${BUILD}/install_manifest.saved)
    file(RENAME ${BUILD}/install_manifest.saved ${BUILD}/install_manifest.txt)
  endif()
endfunction()
